import { setFlagsFromString, writeHeapSnapshot } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createVault, type EncryptedToken, localKms } from '../../../src/vault/index.ts'

interface Work {
  readonly key: string
  readonly snapshot: string
  readonly tokens: readonly EncryptedToken[]
  readonly binding: Record<string, string>
}

// Kept on purpose, so that the parent can show that it would find what is kept.
const kept: string[] = []

process.once('message', async ({ key, snapshot, tokens, binding }: Work) => {
  const kms = localKms({ keyId: 'main', key })
  const vault = createVault({ kms })
  const own = createVault({
    kms: localKms({ keyId: 'own', key: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url') }),
  })
  const [first, ...others] = tokens
  for (let call = 0; call < 1000; call++) {
    const token = others[call % others.length]
    if (token) await own.seal(await vault.open(token, binding), binding)
  }
  for (const token of others) await vault.open(token, { ...binding, ownerId: 'another user' }).catch(() => {})
  if (first) kept.push(await vault.open(first, binding))
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 3; round++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  writeHeapSnapshot(snapshot)
  process.send?.({ kept: kept.length, tokens: tokens.length })
  process.disconnect()
})
