import { describe } from 'vitest'
import { keyOf, type Mutant, testMutants } from './support/mutants.ts'

const oldest = 'due returns at most limit connections whose check is due, oldest first'
const sameTime = 'records due at the same time are ordered by owner and account'

const mutants: readonly Mutant[] = [
  [
    'leaves out what is due at this very moment',
    oldest,
    (store) => ({ due: (query) => store.due({ ...query, at: query.at - 1 }) }),
  ],
  [
    'gives what is due in no order',
    oldest,
    (store) => ({ due: async (query) => [...(await store.due(query))].reverse() }),
  ],
  [
    'gives more than was asked for',
    oldest,
    (store) => ({ due: (query) => store.due({ ...query, limit: query.limit + 1 }) }),
  ],
  [
    'gives connections only',
    sameTime,
    (store) => ({
      due: async (query) =>
        (await store.due({ ...query, limit: 999 })).filter(({ status }) => status !== 'removed').slice(0, query.limit),
    }),
  ],
  [
    'orders accounts by UTF-16 units',
    sameTime,
    (store) => ({
      due: async (query) =>
        [...(await store.due({ ...query, limit: 999 }))]
          .sort((a, b) =>
            a.nextCheckAt === b.nextCheckAt && a.ownerId === b.ownerId && a.account < b.account ? -1 : 0,
          )
          .slice(0, query.limit),
    }),
  ],
  [
    'orders by account before owner',
    sameTime,
    (store) => ({
      due: async (query) =>
        [...(await store.due({ ...query, limit: 999 }))]
          .sort((a, b) => a.nextCheckAt - b.nextCheckAt || Number(a.account !== '') - Number(b.account !== ''))
          .slice(0, query.limit),
    }),
  ],
  [
    'gives what was due first',
    'a connection with a changed nextCheckAt is due at the new time',
    (store) => {
      const first = new Map<string, number>()
      return {
        async compareAndSet(id, expected, next) {
          if (next && !first.has(keyOf(id))) first.set(keyOf(id), next.nextCheckAt)
          return store.compareAndSet(id, expected, next)
        },
        due: async (query) =>
          (await store.due({ ...query, at: 1e15 })).filter((record) => (first.get(keyOf(record)) ?? 0) <= query.at),
      }
    },
  ],
]

describe('the contract of due records', () => testMutants(mutants))
