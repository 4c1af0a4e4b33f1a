import { createStagedoor, createVault, localKms, memoryStore, type StagedoorOptions } from 'stagedoor'

const randomKey = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32))

/** The application's own settings, with a store and keys for one test. */
export function stagedoorForTests(options: Partial<StagedoorOptions>) {
  return createStagedoor({
    clientId: 'my-app',
    redirectUri: 'http://127.0.0.1:3000/callback',
    store: memoryStore(),
    vault: createVault({ kms: localKms({ keyId: 'test', key: randomKey() }) }),
    loginKeys: [randomKey()],
    ...options,
  })
}
