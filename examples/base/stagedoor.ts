import { createStagedoor, createVault, localKms, optionsFromEnv } from 'stagedoor'
import { sqliteStore } from 'stagedoor/stores/sqlite'

const { vaultKey, ...options } = optionsFromEnv(process.env)

export const stagedoor = createStagedoor({
  ...options,
  store: sqliteStore('stagedoor.db'),
  vault: createVault({ kms: localKms({ keyId: 'main', key: vaultKey }) }),
})

export const port = Number(process.env.PORT ?? 3000)
export const secure = options.redirectUri.startsWith('https:')
