import type { CountQuery, StoredConnection } from '../../stores/store.ts'
import type { AddCase } from './store-context.ts'
import { equal, unique } from './store-fixtures.ts'
import { filterPairs, matching, sample, singleFilters } from './store-sample.ts'

const groupOf: Readonly<Record<CountQuery['by'], (record: StoredConnection) => string>> = {
  status: ({ status }) => status,
  grantEndsOn: ({ grantEndsAt }) =>
    grantEndsAt === undefined ? 'never' : new Date(grantEndsAt).toISOString().slice(0, 10),
}

/** How many connections there are. */
export function addCountCases(add: AddCase): void {
  add('count returns how many connections match the filters, by status and by the day in UTC', async (context) => {
    const { store, provider, create } = context
    const records = await Promise.all(sample(context).map((record) => create(record)))
    await create({ ...context.record('elsewhere'), provider: `${provider}2` })
    for (const [name, filter] of Object.entries({ nothing: {}, ...singleFilters, ...filterPairs }))
      for (const by of ['status', 'grantEndsOn'] as const) {
        const expected: Record<string, number> = {}
        for (const record of matching(records, filter))
          expected[groupOf[by](record)] = (expected[groupOf[by](record)] ?? 0) + 1
        equal(await store.count({ provider, by, ...filter }), expected, `by ${by} with ${name}`)
      }
  })
  add('count leaves out empty groups', async ({ store, provider, record, create }) => {
    equal(await store.count({ provider, by: 'status' }), {}, 'no connections by status')
    equal(await store.count({ provider, by: 'grantEndsOn' }), {}, 'no connections by day')
    await create(record('a', { grantEndsAt: Date.UTC(2026, 11, 31, 23, 59, 59, 999) }))
    equal(await store.count({ provider, by: 'status' }), { connected: 1 })
    equal(await store.count({ provider, by: 'grantEndsOn' }), { '2026-12-31': 1 })
    equal(await store.count({ provider, by: 'status', app: 'another' }), {})
    await create(record('b'))
    equal(await store.count({ provider, by: 'grantEndsOn' }), { '2026-12-31': 1, never: 1 })
  })
  add('count follows writes and deletions', async ({ store, provider, at, record, create, change }) => {
    const counts = async () => [
      await store.count({ provider, by: 'status' }),
      await store.count({ provider, by: 'grantEndsOn', app: 'client-1' }),
    ]
    await create(record('a', { grantEndsAt: 86_400_000 }))
    equal(await counts(), [{ connected: 1 }, { '1970-01-02': 1 }])
    const changed = await change(at('a'), { status: 'needs_reauth', grantEndsAt: 86_399_999 })
    equal(await counts(), [{ needs_reauth: 1 }, { '1970-01-01': 1 }])
    equal(await store.compareAndSet(at('a'), unique(), undefined), false)
    equal(await counts(), [{ needs_reauth: 1 }, { '1970-01-01': 1 }])
    equal(await store.compareAndSet(at('a'), changed.revision, undefined), true)
    equal(await counts(), [{}, {}])
  })
}
