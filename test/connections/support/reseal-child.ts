import { setImmediate as turn } from 'node:timers/promises'
import { leaseIsLive } from '../../../src/connections/records/lease.ts'
import { revise, toRecord } from '../../../src/connections/records/record.ts'
import { createReseal } from '../../../src/connections/reseal/reseal.ts'
import { spotifyProvider } from '../../../src/oauth/providers/spotify.ts'
import { sqliteStore } from '../../../src/stores/sqlite.ts'
import { createVault, localKms } from '../../../src/vault/index.ts'

export interface ChildWork {
  readonly role: 'rewrapper' | 'application'
  readonly path: string
  readonly clientId: string
  /** Newest first: the first wraps, the others are retired. */
  readonly keys: readonly { keyId: string; key: string }[]
  readonly owners: readonly string[]
}

export type ChildMessage =
  | { readonly type: 'page'; readonly done: number }
  | { readonly type: 'swept'; readonly changed: number; readonly failed: number }
  | {
      readonly type: 'stopped'
      readonly reads: number
      readonly failures: readonly string[]
      /** Writes under a lease that lost, although no other process may write then. */
      readonly lostUnderLease: number
      /** Successful increments by owner. */
      readonly written: Readonly<Record<string, number>>
    }

const lease = 20_000
const provider = spotifyProvider
const send = (message: ChildMessage): void => void process.send?.(message)

let stopping = false

process.on('message', (message: ChildWork | 'stop') => {
  if (message === 'stop') stopping = true
  else if (message.role === 'rewrapper') rewrap(message)
  else run(message)
})

function open({ path, keys }: ChildWork) {
  const [kms, ...retired] = keys.map((key) => localKms(key))
  if (kms === undefined) throw new Error('no key')
  return { store: sqliteStore(path), vault: createVault({ kms, retired }) }
}

/** Sweeps the store again and again, as two operators who know nothing of each other would. */
async function rewrap(work: ChildWork): Promise<void> {
  const { store, vault } = open(work)
  const reseal = createReseal({ provider, clientId: work.clientId, store, vault, pageSize: 10, lease })
  reseal.on('progress', ({ done }) => send({ type: 'page', done }))
  while (!stopping) {
    const { changed, failed } = await reseal.run()
    send({ type: 'swept', changed, failed })
    await turn()
  }
  await store.close()
  process.disconnect()
}

/** Reads tokens and replaces refresh tokens, half of the time under a lease as a refresh does. */
async function run(work: ChildWork): Promise<void> {
  const { store, vault } = open(work)
  const failures: string[] = []
  const written: Record<string, number> = {}
  let reads = 0
  let lostUnderLease = 0

  const binding = (ownerId: string, field: string) => ({
    clientId: work.clientId,
    provider: provider.id,
    ownerId,
    field,
  })
  const next = async (ownerId: string): Promise<void> => {
    const id = { provider: provider.id, ownerId }
    const stored = await store.get(id)
    if (stored?.refreshToken === undefined) throw new Error('the record is gone')
    const record = toRecord(stored, performance.now())
    reads++
    const access = await vault.open(record.accessToken, binding(ownerId, 'access'))
    const refresh = await vault.open(stored.refreshToken, binding(ownerId, 'refresh'))
    if (access !== `access ${ownerId}` || !refresh.startsWith(`refresh ${ownerId} `)) throw new Error('another token')
    if (leaseIsLive(record, { lease, timeout: 0, clock: () => performance.now() })) return
    const count = Number(refresh.split(' ').at(-1)) + 1
    let current = record
    const leased = reads % 2 === 0
    if (leased) {
      current = revise(
        record,
        { lease: { owner: String(process.pid), id: crypto.randomUUID(), length: lease } },
        Date.now(),
      )
      if (!(await store.compareAndSet(id, record.revision, current))) return
      for (let turns = 0; turns < 5; turns++) await turn()
    }
    const refreshToken = await vault.seal(`refresh ${ownerId} ${count}`, binding(ownerId, 'refresh'))
    const after = revise(current, { refreshToken, lease: undefined }, Date.now())
    if (await store.compareAndSet(id, current.revision, after)) written[ownerId] = (written[ownerId] ?? 0) + 1
    else if (leased) lostUnderLease++
  }

  while (!stopping) {
    const ownerId = work.owners[Math.floor(Math.random() * work.owners.length)] ?? ''
    try {
      await next(ownerId)
    } catch (error) {
      failures.push(String(error))
    }
    await turn()
  }
  send({ type: 'stopped', reads, failures, lostUnderLease, written })
  await store.close()
  process.disconnect()
}
