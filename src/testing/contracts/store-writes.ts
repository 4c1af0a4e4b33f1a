import type { PendingEvent, StoredConnection } from '../../stores/store.ts'
import type { AddCase } from './store-context.ts'
import { equal, sealed, storedConnection, unique } from './store-fixtures.ts'

const lease = { owner: 'p1', id: 'l1' }
const deliveryLease = { owner: 'p2', id: 'l2' }
const event: PendingEvent = {
  id: 'e1',
  type: 'connection.refreshed',
  at: 8,
  attempts: 2,
  data: { text: 'ü 🎧 "\\', number: -1.5, yes: true, no: false, none: null },
}
/** Every optional field of a connection, but the tokens. */
const optional = {
  accountId: 'user-1',
  accountName: 'Zoë 🎧',
  refreshedAt: 4,
  grantEndsAt: 5,
  failure: { code: 'API_TIMEOUT', at: 6, attempts: 7, retryAt: 8 },
  warnAt: 9,
  notified: '7d',
  pending: [event, { id: 'e2', type: 'connection.failed', at: 9 }],
  deliverAt: 10,
  lease: { ...lease, length: 60_000 },
  deliveryLease: { ...deliveryLease, length: 60_000 },
} satisfies Partial<StoredConnection>

function withoutLeft(record: StoredConnection): StoredConnection {
  const { leaseLeft: _, deliveryLeaseLeft: __, ...rest } = record
  return rest
}

/** How connections are created, changed, deleted and read. */
export function addWriteCases(add: AddCase): void {
  add('get returns undefined for an unknown connection', async ({ store, at }) => {
    equal(await store.get(at('unknown')), undefined)
  })
  add('get returns a connection as it was written', async ({ at, record, create, found, change }) => {
    const all = await create(record('full', optional))
    equal(withoutLeft(await found(at('full'))), { ...all, lease, deliveryLease })
    const { retryAt: _, ...failure } = optional.failure
    const fields = { status: 'needs_reauth', failure, pending: [event], scopes: [], revision: 'r2' } as const
    equal(withoutLeft(await change(at('full'), fields)), { ...all, lease, deliveryLease, ...fields })
  })
  add('optional fields stay absent, and are removed by a write without them', async (context) => {
    const { store, at, record, create, found } = context
    const first = await create(record('lean', optional))
    const { refreshToken: _, ...lean } = record('lean')
    equal(await store.compareAndSet(at('lean'), first.revision, lean), true)
    equal(Object.keys(await found(at('lean'))).sort(), Object.keys(lean).sort())
    const { refreshToken: __, ...leaner } = await create(record('leaner'))
    const next = { ...leaner, ...Object.fromEntries(Object.keys(optional).map((name) => [name, undefined])) }
    equal(await store.compareAndSet(at('leaner'), leaner.revision, { ...next, revision: unique() }), true)
    equal(Object.keys(await found(at('leaner'))).sort(), Object.keys(leaner).sort(), 'fields written as undefined')
  })
  add('32 pending events are stored in their order', async ({ at, record, create, found }) => {
    const pending = Array.from({ length: 32 }, (_, index) => ({ ...event, id: `e${(index * 7) % 32}` }))
    await create(record('a', { pending }))
    equal((await found(at('a'))).pending, pending)
  })
  add('a token of 16 kB is stored unchanged', async ({ at, record, create, found }) => {
    const big = await create(record('big', { accessToken: { ...sealed('k1'), encryptedData: 'A'.repeat(16_384) } }))
    equal(await found(at('big')), big)
  })
  add('an account name that databases reject is stored with replacement characters', async (context) => {
    await context.create(context.record('invalid', { accountName: 'a\0b\ud800' }))
    equal((await context.found(context.at('invalid'))).accountName, 'a\ufffdb\ufffd')
  })
  add('a connection is created only if there is none', async ({ store, at, record, create }) => {
    const first = await create(record('a'))
    equal(await store.compareAndSet(at('a'), undefined, record('a')), false)
    equal(await store.get(at('a')), first)
  })
  add('a write requires the stored revision', async ({ store, at, record, create }) => {
    const first = record('a')
    const second = record('a', { expiresAt: 99 })
    equal(await store.compareAndSet(at('a'), first.revision, second), false, 'a write to an absent connection')
    await create(first)
    equal(await store.compareAndSet(at('a'), unique(), second), false, 'a write from another revision')
    equal(await store.get(at('a')), first)
    equal(await store.compareAndSet(at('a'), first.revision, second), true)
    equal(await store.get(at('a')), second)
  })
  add('a deletion requires the stored revision and removes all data', async (context) => {
    const { store, at, record, provider, create } = context
    const first = await create(record('a', { ...optional, nextCheckAt: 1 }))
    equal(await store.compareAndSet(at('a'), unique(), undefined), false)
    equal(await store.compareAndSet(at('a'), undefined, undefined), false, 'expecting no connection where there is one')
    equal(await store.compareAndSet(at('a'), first.revision, undefined), true)
    equal(await store.compareAndSet(at('a'), undefined, undefined), true, 'expecting no connection where there is none')
    equal(await store.get(at('a')), undefined)
    equal(await store.getRemoved(at('a')), undefined)
    for (const filter of [
      {},
      { keyIdNot: 'other' },
      { app: first.app },
      { accountId: 'user-1' },
      { grantEndsBefore: 6 },
    ])
      equal(await store.list({ provider, limit: 9, ...filter }), [], JSON.stringify(filter))
    equal(await store.due({ provider, limit: 9, at: 1e15 }), [])
    const fresh = await create(record('a'))
    equal(await store.get(at('a')), fresh, 'a new connection after a deletion')
  })
  add('a revision from before a deletion cannot overwrite a new connection', async (context) => {
    const { store, at, record, create } = context
    const old = await create(record('a'))
    await store.compareAndSet(at('a'), old.revision, undefined)
    const fresh = await create(record('a'))
    equal(await store.compareAndSet(at('a'), old.revision, record('a')), false)
    equal(await store.get(at('a')), fresh)
  })
  add('one of many concurrent creations, writes and deletions succeeds', async ({ store, other, at, record }) => {
    let current: StoredConnection | undefined
    for (const next of [() => record('a'), () => record('a'), () => undefined, () => record('a')]) {
      const attempts = Array.from({ length: 24 }, (_, index) => ({ by: index % 2 ? store : other, next: next() }))
      const won = await Promise.all(
        attempts.map((attempt) => attempt.by.compareAndSet(at('a'), current?.revision, attempt.next)),
      )
      equal(won.filter(Boolean).length, 1, 'successful writes')
      current = attempts[won.indexOf(true)]?.next
      equal(await other.get(at('a')), current)
    }
  })
  add('changes to a returned record do not change the stored one', async ({ store, at, record, create }) => {
    const first = await create(record('a', { pending: [event] }))
    const read = (await store.get(at('a'))) as
      | { scopes: string[]; accessToken: { keyId: string }; pending: { id: string }[] }
      | undefined
    for (const damage of [
      () => Object.assign(read?.accessToken ?? {}, { keyId: 'changed' }),
      () => read?.scopes.push('changed'),
      () => read?.pending.pop(),
    ]) {
      // A frozen record throws here, which is fine too.
      try {
        damage()
      } catch {}
    }
    equal(await store.get(at('a')), first)
  })
  add('changes to a written record do not change the stored one', async ({ store, at, record }) => {
    const scopes = ['a']
    const written = { ...record('a', { scopes }) }
    equal(await store.compareAndSet(at('a'), undefined, written), true)
    const first = storedConnection({ ...written, scopes: ['a'] })
    scopes.push('changed')
    equal(await store.get(at('a')), first)
  })
}
