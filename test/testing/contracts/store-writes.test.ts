import { describe } from 'vitest'
import type { StoredConnection } from '../../../src/stores/store.ts'
import { keyOf, type Mutant, reading, revisionOf, testMutants, tick, writing } from './support/mutants.ts'

const forgotten = [
  'accountId',
  'accountName',
  'refreshedAt',
  'grantEndsAt',
  'failure',
  'warnAt',
  'notified',
  'pending',
  'deliverAt',
  'lease',
  'deliveryLease',
] as const

const mutants: readonly Mutant[] = [
  ...forgotten.map(
    (field): Mutant => [
      `forgets ${field}`,
      'get returns a connection as it was written',
      reading((record) => ({ ...record, [field]: undefined })),
    ],
  ),
  [
    'forgets when the next attempt is allowed',
    'get returns a connection as it was written',
    writing((next) => ({ ...next, failure: next.failure && { ...next.failure, retryAt: undefined } })),
  ],
  [
    'forgets the data of events',
    'get returns a connection as it was written',
    writing((next) => ({ ...next, pending: next.pending?.map((event) => ({ ...event, data: undefined })) })),
  ],
  [
    'makes texts of the data of events',
    'get returns a connection as it was written',
    writing((next) => ({
      ...next,
      pending: next.pending?.map((event) => ({
        ...event,
        data: Object.fromEntries(Object.entries(event.data ?? {}).map(([name, value]) => [name, String(value)])),
      })),
    })),
  ],
  [
    'keeps optional fields that a write leaves out',
    'optional fields stay absent, and are removed by a write without them',
    writing((next, current) => ({ ...current, ...next })),
  ],
  [
    'adds optional fields without a value',
    'optional fields stay absent, and are removed by a write without them',
    reading((record) => ({ warnAt: undefined, ...record })),
  ],
  [
    'has room for 31 events',
    '32 pending events are stored in their order',
    writing((next) => ({ ...next, pending: next.pending?.slice(0, 31) })),
  ],
  [
    'orders events by their ids',
    '32 pending events are stored in their order',
    reading((record) => ({ ...record, pending: record.pending?.toSorted((a, b) => (a.id < b.id ? -1 : 1)) })),
  ],
  [
    'cuts long tokens',
    'a token of 16 kB is stored unchanged',
    writing((next) => ({
      ...next,
      accessToken: { ...next.accessToken, encryptedData: next.accessToken.encryptedData.slice(0, 8192) },
    })),
  ],
  [
    'leaves characters out of account names',
    'an account name that databases reject is stored with replacement characters',
    writing((next) => ({ ...next, accountName: next.accountName?.replace(/[\0\p{Surrogate}]/gu, '') })),
  ],
  [
    'creates a connection over another',
    'a connection is created only if there is none',
    (store) => ({
      compareAndSet: async (id, expected, next) =>
        store.compareAndSet(id, expected ?? (next && (await revisionOf(store, id))), next),
    }),
  ],
  [
    'writes whatever the revision is',
    'a write requires the stored revision',
    (store) => ({
      compareAndSet: async (id, _, next) => store.compareAndSet(id, await revisionOf(store, id), next),
    }),
  ],
  [
    'deletes without a look at the revision',
    'a deletion requires the stored revision and removes all data',
    (store) => ({
      compareAndSet: async (id, expected, next) =>
        store.compareAndSet(id, next === undefined ? await revisionOf(store, id) : expected, next),
    }),
  ],
  [
    'leaves deleted connections in the lists',
    'a deletion requires the stored revision and removes all data',
    (store) => {
      const kept = new Map<string, StoredConnection>()
      return {
        async compareAndSet(id, expected, next) {
          if (next?.status === 'connected') kept.set(keyOf(id), next)
          return store.compareAndSet(id, expected, next)
        },
        list: async ({ provider }) => [...kept.values()].filter((record) => record.provider === provider),
      }
    },
  ],
  [
    'counts revisions by owner',
    'a revision from before a deletion cannot overwrite a new connection',
    (store) => {
      const aliases = new Map<string, string>()
      return {
        async compareAndSet(id, expected, next) {
          const first = aliases.get(id.ownerId)
          const current = await revisionOf(store, id)
          if (expected === undefined && next) aliases.set(id.ownerId, first ?? next.revision)
          return store.compareAndSet(id, expected !== undefined && expected === first ? current : expected, next)
        },
      }
    },
  ],
  [
    'compares and writes in two steps',
    'one of many concurrent creations, writes and deletions succeeds',
    (store) => ({
      async compareAndSet(id, expected, next) {
        if ((await revisionOf(store, id)) !== expected) return false
        await tick()
        return (await store.compareAndSet(id, await revisionOf(store, id), next)) || true
      },
    }),
  ],
  [
    'hands out what it keeps',
    'changes to a returned record do not change the stored one',
    (store) => {
      const shared = new Map<string, StoredConnection>()
      return {
        async get(id) {
          const record = shared.get(id.ownerId) ?? structuredClone(await store.get(id))
          if (record) shared.set(id.ownerId, record)
          return record
        },
      }
    },
  ],
  [
    'keeps what it was handed',
    'changes to a written record do not change the stored one',
    (store) => {
      const scopes = new Map<string, readonly string[]>()
      return {
        async compareAndSet(id, expected, next) {
          if (next?.status === 'connected') scopes.set(next.revision, next.scopes)
          return store.compareAndSet(id, expected, next)
        },
        async get(id) {
          const record = await store.get(id)
          return record && { ...record, scopes: scopes.get(record.revision) ?? [] }
        },
      }
    },
  ],
]

describe('the contract of writes', () => testMutants(mutants))
