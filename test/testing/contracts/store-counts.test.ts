import { describe } from 'vitest'
import type { CountQuery } from '../../../src/stores/store.ts'
import { everyConnection, type Mutant, type Mutation, testMutants } from './support/mutants.ts'

const counted = 'count returns how many connections match the filters, by status and by the day in UTC'
const empty = 'count leaves out empty groups'
const followed = 'count follows writes and deletions'
const filters = ['status', 'keyIdNot', 'app', 'ownerId', 'accountId', 'grantEndsBefore'] as const
const counting = (change: (query: CountQuery) => CountQuery): Mutation => {
  return (store) => ({ count: (query, options) => store.count(change(query), options) })
}
/** Days of a place that is this far ahead of UTC. */
const byLocalDay =
  (ahead: number): Mutation =>
  (store) => ({
    async count(query) {
      if (query.by !== 'grantEndsOn') return store.count(query)
      const counts: Record<string, number> = {}
      for (const { grantEndsAt } of await store.list({ ...query, limit: 9_999 })) {
        const day = grantEndsAt === undefined ? 'never' : new Date(grantEndsAt + ahead).toISOString().slice(0, 10)
        counts[day] = (counts[day] ?? 0) + 1
      }
      return counts
    },
  })

const mutants: readonly Mutant[] = [
  ...filters.map(
    (name): Mutant => [`ignores ${name}`, counted, counting((query) => ({ ...query, [name]: undefined }))],
  ),
  ...filters.map(
    (name): Mutant => [
      `looks at ${name} only if it is the only filter`,
      counted,
      counting((query) =>
        filters.every((other) => other === name || query[other] === undefined)
          ? query
          : { ...query, [name]: undefined },
      ),
    ],
  ),
  ['counts by the day in another place', counted, byLocalDay(3_600_000)],
  ['counts by a day that begins a millisecond early', counted, byLocalDay(1)],
  [
    'counts no group beyond 39',
    counted,
    (store) => ({
      async count(query) {
        const counts = await store.count(query)
        return Object.fromEntries(Object.entries(counts).map(([group, count]) => [group, Math.min(count, 39)]))
      },
    }),
  ],
  [
    'does not count grants that never end',
    empty,
    (store) => ({
      async count(query) {
        const { never: _, ...counts } = await store.count(query)
        return counts
      },
    }),
  ],
  [
    'counts zero connections of a group',
    empty,
    (store) => ({
      count: async (query) => ({ ...(query.by === 'status' && { needs_reauth: 0 }), ...(await store.count(query)) }),
    }),
  ],
  [
    'counts the connections of all providers',
    counted,
    (store) => ({
      async count(query) {
        const [here, there] = [
          await store.count(query),
          await store.count({ ...query, provider: `${query.provider}2` }),
        ]
        const groups = new Set([...Object.keys(here), ...Object.keys(there)])
        return Object.fromEntries([...groups].map((group) => [group, (here[group] ?? 0) + (there[group] ?? 0)]))
      },
    }),
  ],
  [
    'counts what was ever written',
    followed,
    (store) => {
      const counts: Record<string, number> = {}
      return {
        async compareAndSet(id, expected, next) {
          const isWritten = await store.compareAndSet(id, expected, next)
          if (isWritten && next) counts[next.status] = (counts[next.status] ?? 0) + 1
          return isWritten
        },
        count: async (query) => (query.by === 'status' ? counts : store.count(query)),
      }
    },
  ],
  [
    'counts once and remembers the result',
    followed,
    (store) => {
      const known = new Map<string, Promise<Readonly<Record<string, number>>>>()
      return {
        async count(query) {
          const key = JSON.stringify(query)
          const counts = known.get(key) ?? store.count(query)
          if ((await everyConnection(store, query.provider)).length > 0) known.set(key, counts)
          return counts
        },
      }
    },
  ],
]

describe('the contract of counts', () => testMutants(mutants))
