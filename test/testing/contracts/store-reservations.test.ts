import { describe } from 'vitest'
import type { ReserveQuery, StoredRecord } from '../../../src/stores/store.ts'
import { keyOf, type Mutant, type Mutation, testMutants, tick } from './support/mutants.ts'

const passes = 'reserve returns what due returns, and passes over it afterwards'
const alone = 'nothing but reserve regards a reservation'
const writes = 'a write that changes nextCheckAt ends a reservation, and any other keeps it'
const once = 'callers that reserve at once get every due record exactly once'
const ends = 'a reservation ends after its length'
const refusals = 'reserve refuses bad arguments and aborted signals, and reserves nothing then'

interface Reservation {
  readonly until: number
  readonly nextCheckAt: number
  readonly revision: string
}
/** A `reserve` above `due`, for which a mutant says whether a reservation still holds. */
function reserving(
  holds: (reservation: Reservation, record: StoredRecord, at: number, query: ReserveQuery) => boolean,
  keyIn = keyOf,
): Mutation {
  return (store, now) => {
    const reservations = new Map<string, Reservation>()
    return {
      async reserve(query) {
        const at = now()
        const due = await store.due({ ...query, limit: 9_999 })
        const isFree = (record: StoredRecord): boolean => {
          const reservation = reservations.get(keyIn(record))
          return reservation === undefined || !holds(reservation, record, at, query)
        }
        const free = due.filter(isFree).slice(0, query.limit)
        for (const record of free) reservations.set(keyIn(record), { ...record, until: at + query.length })
        return free
      },
    }
  }
}

const mutants: readonly Mutant[] = [
  ['hands out what is reserved', passes, (store) => ({ reserve: (query) => store.due(query) })],
  ['reserves what is not due', passes, (store) => ({ reserve: (query) => store.reserve({ ...query, at: 1e15 }) })],
  [
    'reserves more than it hands out',
    passes,
    (store) => ({
      reserve: async (query) => (await store.reserve({ ...query, limit: query.limit + 1 })).slice(0, query.limit),
    }),
  ],
  [
    'hands out more than was asked for',
    passes,
    (store) => ({
      reserve: (query) => store.reserve({ ...query, limit: query.limit + 1 }),
    }),
  ],
  [
    'hands out records in no order',
    passes,
    (store) => ({
      reserve: async (query) => [...(await store.reserve(query))].reverse(),
    }),
  ],
  [
    'hands out connections only',
    passes,
    (store) => ({
      reserve: async (query) => (await store.reserve(query)).filter(({ status }) => status !== 'removed'),
    }),
  ],
  [
    'hides reserved records from due',
    alone,
    (store) => {
      const hidden = new Set<string>()
      return {
        async reserve(query) {
          const records = await store.reserve(query)
          for (const record of records) hidden.add(keyOf(record))
          return records
        },
        due: async (query) => (await store.due(query)).filter((record) => !hidden.has(keyOf(record))),
      }
    },
  ],
  [
    'gives reserved records a new revision',
    alone,
    (store) => ({
      async reserve(query) {
        const records = await store.reserve(query)
        for (const record of records)
          await store.compareAndSet(record, record.revision, { ...record, revision: `${record.revision}-2` })
        return records
      },
    }),
  ],
  [
    'hands out a revision that is not stored',
    alone,
    (store) => ({
      reserve: async (query) =>
        (await store.reserve(query)).map((record) => ({ ...record, revision: `${record.revision}-2` })),
    }),
  ],
  [
    'does not say what is left of leases of reserved records',
    alone,
    (store) => ({
      reserve: async (query) =>
        (await store.reserve(query)).map((record) => ({ ...record, deliveryLeaseLeft: undefined })),
    }),
  ],
  [
    'hands out a field of its own',
    alone,
    (store) => ({
      reserve: async (query) => (await store.reserve(query)).map((record) => ({ ...record, reservedUntil: undefined })),
    }),
  ],
  ['keeps a reservation although nextCheckAt has changed', writes, reserving(({ until }, _, at) => until > at)],
  [
    'keeps a reservation if nextCheckAt is earlier now',
    writes,
    reserving(({ until, nextCheckAt }, record, at) => until > at && record.nextCheckAt <= nextCheckAt),
  ],
  [
    'keeps a reservation if nextCheckAt is later now',
    writes,
    reserving(({ until, nextCheckAt }, record, at) => until > at && record.nextCheckAt >= nextCheckAt),
  ],
  [
    'ends a reservation with every write',
    writes,
    reserving(({ until, revision }, record, at) => until > at && record.revision === revision),
  ],
  [
    'keeps the reservation of a connection that was deleted',
    writes,
    reserving(({ until, nextCheckAt }, record, at) => until > at && record.nextCheckAt === nextCheckAt),
  ],
  [
    'ends a reservation with a write that fails',
    writes,
    (store) => {
      const free = new Set<string>()
      return {
        async compareAndSet(id, expected, next) {
          const isWritten = await store.compareAndSet(id, expected, next)
          if (!isWritten) free.add(keyOf({ account: '', ...id }))
          return isWritten
        },
        async reserve(query) {
          const due = await store.due(query)
          return [...due.filter((record) => free.has(keyOf(record))), ...(await store.reserve(query))]
        },
      }
    },
  ],
  [
    'looks for due records and reserves them in two steps',
    once,
    (store) => {
      const reserved = new Set<string>()
      return {
        async reserve(query) {
          const free = (await store.due({ ...query, limit: 999 })).filter((record) => !reserved.has(keyOf(record)))
          await tick()
          const page = free.slice(0, query.limit)
          for (const record of page) reserved.add(keyOf(record))
          return page
        },
      }
    },
  ],
  ['reserves for its process only', once, () => ({}), reserving(({ until }, _, at) => until > at)],
  [
    'reserves the owner of all providers',
    'a reservation belongs to one provider',
    reserving(
      ({ until }, _, at) => until > at,
      ({ ownerId }) => ownerId,
    ),
  ],
  ['keeps reservations for ever', ends, reserving(() => true)],
  [
    'ends reservations after half of their length',
    ends,
    reserving(({ until }, _, at, { length }) => until - length / 2 > at),
  ],
  [
    'ends all reservations at the end of the first',
    ends,
    (store, now) => {
      let until = 0
      const reserved = new Set<string>()
      return {
        async reserve(query) {
          if (until <= now()) {
            reserved.clear()
            until = now() + query.length
          }
          const due = await store.due({ ...query, limit: 999 })
          const page = due.filter((record) => !reserved.has(keyOf(record))).slice(0, query.limit)
          for (const record of page) reserved.add(keyOf(record))
          return page
        },
      }
    },
  ],
  [
    'reserves at least one record',
    refusals,
    (store) => ({
      reserve: (query, options) => store.reserve({ ...query, limit: Math.max(1, query.limit) }, options),
    }),
  ],
  [
    'reserves for no time',
    refusals,
    (store) => ({
      reserve: (query, options) => store.reserve({ ...query, length: query.length || 1 }, options),
    }),
  ],
  [
    'reserves for ever',
    refusals,
    (store) => ({
      reserve: (query, options) => store.reserve({ ...query, length: Math.min(1e15, query.length) }, options),
    }),
  ],
  ['does not look at the signal of reserve', refusals, (store) => ({ reserve: (query) => store.reserve(query) })],
  [
    'reserves before it looks at the signal',
    refusals,
    (store) => ({
      async reserve(query, options) {
        const records = await store.reserve(query)
        options?.signal?.throwIfAborted()
        return records
      },
    }),
  ],
]

describe('the contract of reservations', () => testMutants(mutants))
