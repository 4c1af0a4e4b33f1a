import type { StoredConnection } from '../../stores/store.ts'
import type { AddCase } from './store-context.ts'
import { equal, sealed, unique } from './store-fixtures.ts'

/** How connections are created, changed, deleted and read. */
export function addWriteCases(add: AddCase): void {
  add('get returns undefined for an unknown connection', async ({ store, at }) => {
    equal(await store.get(at('unknown')), undefined)
  })
  add('get returns a connection as it was written', async ({ store, at, record }) => {
    const full = record('full', { accountName: 'Zoë 🎧', refreshedAt: 4 })
    const all = { ...full, accountId: 'a1', failure: { code: 'API_TIMEOUT', at: 6, attempts: 7 } }
    equal(await store.compareAndSet(at('full'), undefined, all), true)
    equal(await store.get(at('full')), all)
  })
  add('optional fields stay absent, and are removed by a write without them', async ({ store, at, record }) => {
    const first = record('lean', { lease: { owner: 'p1', id: 'l1', length: 5 }, accountId: 'a1' })
    await store.compareAndSet(at('lean'), undefined, first)
    const { refreshToken: _, lease: __, accountId: ___, ...lean } = { ...first, revision: unique() }
    equal(await store.compareAndSet(at('lean'), first.revision, lean), true)
    equal(Object.keys((await store.get(at('lean'))) ?? {}).sort(), Object.keys(lean).sort())
  })
  add('a token of 16 kB is stored unchanged', async ({ store, at, record }) => {
    const big = record('big', { accessToken: { ...sealed('k1'), encryptedData: 'A'.repeat(16_384) } })
    await store.compareAndSet(at('big'), undefined, big)
    equal(await store.get(at('big')), big)
  })
  add('an account name that databases reject is stored with replacement characters', async ({ store, at, record }) => {
    equal(await store.compareAndSet(at('invalid'), undefined, record('invalid', { accountName: 'a\0b\ud800' })), true)
    equal((await store.get(at('invalid')))?.accountName, 'a\ufffdb\ufffd')
  })
  add('a connection is created only if there is none', async ({ store, at, record }) => {
    const first = record('a')
    equal(await store.compareAndSet(at('a'), undefined, first), true)
    equal(await store.compareAndSet(at('a'), undefined, record('a')), false)
    equal(await store.get(at('a')), first)
  })
  add('a write requires the stored revision', async ({ store, at, record }) => {
    const first = record('a')
    const second = record('a', { expiresAt: 99 })
    equal(await store.compareAndSet(at('a'), first.revision, second), false, 'a write to an absent connection')
    await store.compareAndSet(at('a'), undefined, first)
    equal(await store.compareAndSet(at('a'), unique(), second), false, 'a write from another revision')
    equal(await store.get(at('a')), first)
    equal(await store.compareAndSet(at('a'), first.revision, second), true)
    equal(await store.get(at('a')), second)
  })
  add('a deletion requires the stored revision and removes all data', async ({ store, at, record, provider }) => {
    const first = record('a')
    await store.compareAndSet(at('a'), undefined, first)
    equal(await store.compareAndSet(at('a'), unique(), undefined), false)
    equal(await store.compareAndSet(at('a'), undefined, undefined), false, 'expecting no connection where there is one')
    equal(await store.compareAndSet(at('a'), first.revision, undefined), true)
    equal(await store.compareAndSet(at('a'), undefined, undefined), true, 'expecting no connection where there is none')
    equal(await store.get(at('a')), undefined)
    equal(await store.list({ provider, limit: 9 }), [])
    equal(await store.list({ provider, limit: 9, keyIdNot: 'other' }), [])
    equal(await store.due({ provider, limit: 9, at: 1e15 }), [])
  })
  add('a revision from before a deletion cannot overwrite a new connection', async ({ store, at, record }) => {
    const old = record('a')
    await store.compareAndSet(at('a'), undefined, old)
    await store.compareAndSet(at('a'), old.revision, undefined)
    const fresh = record('a')
    await store.compareAndSet(at('a'), undefined, fresh)
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
}
