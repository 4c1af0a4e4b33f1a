import { setFlagsFromString, writeHeapSnapshot } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { adaptiveLimiter } from '../../../src/limits/adaptive/adaptive-limiter.ts'
import { createStagedoor } from '../../../src/stagedoor.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { localKms } from '../../../src/vault/kms/local.ts'
import { createVault } from '../../../src/vault/vault.ts'
import { cookieHeader, loginKey, vaultKey } from './world.ts'

interface Work {
  readonly endpoints: { readonly authorization: string; readonly token: string; readonly api: string }
  readonly snapshot: string
  readonly calls: number
}

// Kept on purpose, so that the parent can show that it would find what is kept.
const kept: string[] = []
const ownerId = 'ada'

const nextMessage = <T>(): Promise<T> =>
  new Promise((resolve) => process.once('message', (message) => resolve(message as T)))

process.once('message', async ({ endpoints, snapshot, calls }: Work) => {
  const stagedoor = createStagedoor({
    clientId: 'test-client',
    redirectUri: 'http://127.0.0.1:3000/callback',
    loginKeys: [loginKey],
    store: memoryStore(),
    vault: createVault({ kms: localKms({ keyId: 'main', key: vaultKey }) }),
    limiter: adaptiveLimiter({ initialCeiling: 1_000_000, maxConcurrent: 20 }),
    endpoints,
  })
  const { url, setCookies } = await stagedoor.connections.begin({ ownerId })
  process.send?.({ approve: url.href })
  const callback = await nextMessage<string>()
  await stagedoor.connections.complete({ ownerId, url: new URL(callback), cookies: cookieHeader(setCookies) })
  const me = stagedoor.client(ownerId).me
  for (let done = 0; done < calls; done += 20) await Promise.all(Array.from({ length: 20 }, () => me.get()))
  for (let refresh = 0; refresh < 2; refresh++) {
    process.send?.({ reject: true })
    await nextMessage()
    await me.get()
  }
  kept.push(await stagedoor.connections.accessToken(ownerId))
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 4; round++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  writeHeapSnapshot(snapshot)
  process.send?.({ done: kept.length })
  process.disconnect()
  process.exit()
})
