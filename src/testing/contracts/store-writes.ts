import type { StoredConnection } from '../../stores/store.ts'
import type { AddCase } from './store-context.ts'
import { equal, sealed, unique } from './store-fixtures.ts'

/** How connections are created, changed, deleted and read. */
export function addWriteCases(add: AddCase): void {
  add('an unknown connection is undefined', async ({ store, at }) => {
    equal(await store.get(at('nobody')), undefined)
  })
  add('a connection is read as it was written', async ({ store, at, record }) => {
    const full = record('full', { accountName: 'Zoë 🎧', lease: { owner: 'p1', until: 5 }, refreshedAt: 4 })
    const all = { ...full, accountId: 'a1', failure: { code: 'API_TIMEOUT', at: 6, attempts: 7 } }
    equal(await store.compareAndSet(at('full'), undefined, all), true)
    equal(await store.get(at('full')), all)
  })
  add('optional fields stay absent, and are removed by a write without them', async ({ store, at, record }) => {
    const first = record('lean', { lease: { owner: 'p1', until: 5 }, accountId: 'a1' })
    await store.compareAndSet(at('lean'), undefined, first)
    const { refreshToken: _, lease: __, accountId: ___, ...lean } = { ...first, revision: unique() }
    equal(await store.compareAndSet(at('lean'), first.revision, lean), true)
    equal(Object.keys((await store.get(at('lean'))) ?? {}).sort(), Object.keys(lean).sort())
  })
  add('a token of 16 kB is kept', async ({ store, at, record }) => {
    const big = record('big', { accessToken: { ...sealed('k1'), encryptedData: 'A'.repeat(16_384) } })
    await store.compareAndSet(at('big'), undefined, big)
    equal(await store.get(at('big')), big)
  })
  add('an account name that databases refuse does not keep a user from connecting', async ({ store, at, record }) => {
    equal(await store.compareAndSet(at('odd'), undefined, record('odd', { accountName: 'a\0b\ud800' })), true)
    equal((await store.get(at('odd')))?.accountName, 'a\ufffdb\ufffd')
  })
  add('a connection is created only where there is none', async ({ store, at, record }) => {
    const first = record('a')
    equal(await store.compareAndSet(at('a'), undefined, first), true)
    equal(await store.compareAndSet(at('a'), undefined, record('a')), false)
    equal(await store.get(at('a')), first)
  })
  add('a write needs the stored revision', async ({ store, at, record }) => {
    const first = record('a')
    const second = record('a', { expiresAt: 99 })
    equal(await store.compareAndSet(at('a'), first.revision, second), false, 'a write to an absent connection')
    await store.compareAndSet(at('a'), undefined, first)
    equal(await store.compareAndSet(at('a'), unique(), second), false, 'a write from another revision')
    equal(await store.get(at('a')), first)
    equal(await store.compareAndSet(at('a'), first.revision, second), true)
    equal(await store.get(at('a')), second)
  })
  add('a deletion needs the stored revision and leaves nothing behind', async ({ store, at, record, provider }) => {
    const first = record('a')
    await store.compareAndSet(at('a'), undefined, first)
    equal(await store.compareAndSet(at('a'), unique(), undefined), false)
    equal(await store.compareAndSet(at('a'), undefined, undefined), false, 'absence where a connection is')
    equal(await store.compareAndSet(at('a'), first.revision, undefined), true)
    equal(await store.compareAndSet(at('a'), undefined, undefined), true, 'absence where nothing is')
    equal(await store.get(at('a')), undefined)
    equal(await store.list({ provider, limit: 9 }), [])
    equal(await store.list({ provider, limit: 9, keyIdNot: 'other' }), [])
    equal(await store.due({ provider, limit: 9, at: 1e15 }), [])
  })
  add('a writer from before a deletion cannot write over the new connection', async ({ store, at, record }) => {
    const old = record('a')
    await store.compareAndSet(at('a'), undefined, old)
    await store.compareAndSet(at('a'), old.revision, undefined)
    const fresh = record('a')
    await store.compareAndSet(at('a'), undefined, fresh)
    equal(await store.compareAndSet(at('a'), old.revision, record('a')), false)
    equal(await store.get(at('a')), fresh)
  })
  add('of many creations, writes and deletions at once one wins', async ({ store, other, at, record }) => {
    let current: StoredConnection | undefined
    for (const next of [() => record('a'), () => record('a'), () => undefined, () => record('a')]) {
      const tries = Array.from({ length: 24 }, (_, index) => ({ by: index % 2 ? store : other, next: next() }))
      const won = await Promise.all(tries.map((try_) => try_.by.compareAndSet(at('a'), current?.revision, try_.next)))
      equal(won.filter(Boolean).length, 1, 'winners')
      current = tries[won.indexOf(true)]?.next
      equal(await other.get(at('a')), current)
    }
  })
}
