import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString, writeHeapSnapshot } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { adaptiveLimiter, createStagedoor, createVault, localKms, memoryStore } from '../../../src/index.ts'

export interface ApplicationWork {
  readonly snapshot: string
  readonly calls: number
  readonly endpoints: { readonly authorization: string; readonly token: string; readonly api: string }
}

// Kept on purpose, so that the parent can show that it would find what is kept.
const kept: string[] = []
const redirectUri = 'http://127.0.0.1:9999/api/v1/spotify/callback'

async function work({ snapshot, calls, endpoints }: ApplicationWork): Promise<void> {
  const stagedoor = createStagedoor({
    clientId: 'heap',
    redirectUri,
    endpoints,
    loginKeys: [crypto.getRandomValues(new Uint8Array(32))],
    store: memoryStore(),
    vault: createVault({ kms: localKms({ keyId: 'main', key: crypto.getRandomValues(new Uint8Array(32)) }) }),
    limiter: adaptiveLimiter({ initialCeiling: 1e6 }),
  })
  for (const ownerId of ['ann', 'keeper']) await signIn(stagedoor, ownerId)
  for (let call = 0; call < calls; call++) await stagedoor.client('ann').me.get()
  await refresh(stagedoor, 'ann')
  for (let call = 0; call < 20; call++) await stagedoor.client('ann').me.get()
  kept.push(await stagedoor.connections.accessToken('keeper'))
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 5; round++) {
    collect()
    await sleep(50)
  }
  writeHeapSnapshot(snapshot)
  process.send?.({ kept: kept.length })
  await stagedoor.close()
  process.disconnect()
}

async function signIn(stagedoor: ReturnType<typeof createStagedoor>, ownerId: string): Promise<void> {
  const { url, setCookies } = await stagedoor.connections.begin({ ownerId })
  process.send?.({ approve: url.href })
  const [callback] = (await once(process, 'message')) as [string]
  const cookies = setCookies.map((cookie) => cookie.split(';')[0]).join('; ')
  await stagedoor.connections.complete({ ownerId, url: new URL(callback), cookies })
}

async function refresh(stagedoor: ReturnType<typeof createStagedoor>, ownerId: string): Promise<void> {
  const rejected = await stagedoor.connections.accessToken(ownerId)
  const next = await stagedoor.connections.accessToken(ownerId, { rejected })
  if (next === rejected) throw new Error('nothing was refreshed')
}

process.once('message', (message: ApplicationWork) => void work(message))
