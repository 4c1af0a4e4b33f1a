import { describe } from 'vitest'
import type { CountQuery, ListQuery, RemovedConnection, StoredConnection } from '../../../src/stores/store.ts'
import { storedConnection } from '../../../src/testing/contracts/store-fixtures.ts'
import { keyOf, type Mutant, type Mutation, revisionOf, testMutants } from './support/mutants.ts'

const returned = 'get does not return a removed connection, and getRemoved does'
const listed = 'a removed connection is due, but neither listed nor counted'
const replaced = 'a removed connection is replaced or deleted only with its revision'
const lease = 'a delivery lease goes on when its connection is removed, and no lease remains'

const asRemoved = ({ provider, ownerId, account, revision }: StoredConnection): RemovedConnection => ({
  ...{ provider, ownerId, account, revision, app: 'client-1', status: 'removed' },
  ...{ nextCheckAt: 0, createdAt: 0, updatedAt: 0 },
})
const changingRemoved =
  (change: (removed: RemovedConnection) => RemovedConnection): Mutation =>
  (store) => ({
    async getRemoved(id) {
      const removed = await store.getRemoved(id)
      return removed && change(removed)
    },
  })
/** Keeps the connections that were removed, to list and count them. */
const remembering =
  (isWanted: (query: ListQuery | CountQuery) => boolean): Mutation =>
  (store) => {
    const removed = new Map<string, StoredConnection>()
    return {
      async compareAndSet(id, expected, next) {
        const before = await store.get(id)
        if (next?.status === 'removed' && before) removed.set(keyOf(before), before)
        return store.compareAndSet(id, expected, next)
      },
      async list(query) {
        const records = await store.list(query)
        return isWanted(query) ? [...removed.values(), ...records] : records
      },
      async count(query) {
        const counts = await store.count(query)
        return isWanted(query) ? { ...counts, connected: removed.size } : counts
      },
    }
  }

const mutants: readonly Mutant[] = [
  [
    'gives connections to those who ask for removed ones',
    returned,
    (store) => ({
      async getRemoved(id) {
        const record = await store.get(id)
        return record ? asRemoved(record) : store.getRemoved(id)
      },
    }),
  ],
  [
    'gives removed connections to those who ask for connections',
    returned,
    (store) => ({
      async get(id) {
        const removed = await store.getRemoved(id)
        return removed ? storedConnection({ ...removed, status: 'connected' }) : store.get(id)
      },
    }),
  ],
  [
    'keeps nothing of removed connections',
    returned,
    (store) => ({
      compareAndSet: (id, expected, next) =>
        store.compareAndSet(id, expected, next?.status === 'removed' ? undefined : next),
    }),
  ],
  [
    'forgets the events of removed connections',
    returned,
    changingRemoved((removed) => ({ ...removed, pending: undefined })),
  ],
  [
    'forgets when events of removed connections are due',
    returned,
    changingRemoved((removed) => ({ ...removed, deliverAt: undefined })),
  ],
  [
    'gives removed connections fields without a value',
    returned,
    changingRemoved((removed) => ({ deliveryLease: undefined, ...removed })),
  ],
  [
    'knows one removed connection of an owner',
    returned,
    (store) => ({
      getRemoved: async (id) => (await store.getRemoved(id)) ?? store.getRemoved({ ...id, account: 'work' }),
    }),
  ],
  ['lists and counts removed connections', listed, remembering((query) => Object.keys(query).length === 2)],
  ['lists removed connections of an application', listed, remembering(({ app }) => app !== undefined)],
  ['lists removed connections of an account', listed, remembering(({ accountId }) => accountId !== undefined)],
  [
    'lists removed connections whose grant ends',
    listed,
    remembering(({ grantEndsBefore }) => grantEndsBefore !== undefined),
  ],
  ['lists removed connections under another key', listed, remembering(({ keyIdNot }) => keyIdNot !== undefined)],
  [
    'counts removed connections',
    listed,
    (store) => ({
      async count(query) {
        const removed = (await store.due({ provider: query.provider, at: 1e15, limit: 99 })).filter(
          ({ status }) => status === 'removed',
        )
        return { ...(await store.count(query)), ...(removed.length > 0 && { removed: removed.length }) }
      },
    }),
  ],
  [
    'does not give removed connections as due',
    listed,
    (store) => ({
      due: async (query) => (await store.due(query)).filter(({ status }) => status !== 'removed'),
    }),
  ],
  [
    'gives removed connections as due at once',
    listed,
    (store) => ({
      async due(query) {
        const all = await store.due({ ...query, at: 1e15 })
        return all.filter(({ status, nextCheckAt }) => status === 'removed' || nextCheckAt <= query.at)
      },
    }),
  ],
  [
    'takes a removed connection for nothing',
    replaced,
    (store) => ({
      compareAndSet: async (id, expected, next) =>
        store.compareAndSet(id, expected ?? (await store.getRemoved(id))?.revision, next),
    }),
  ],
  [
    'deletes a removed connection for those who expect nothing',
    replaced,
    (store) => ({
      compareAndSet: async (id, expected, next) =>
        store.compareAndSet(
          id,
          next === undefined ? (expected ?? (await store.getRemoved(id))?.revision) : expected,
          next,
        ),
    }),
  ],
  [
    'lets the revision of a connection replace what is left of it',
    replaced,
    (store) => ({
      compareAndSet: async (id, expected, next) =>
        store.compareAndSet(id, expected && ((await store.getRemoved(id))?.revision ?? expected), next),
    }),
  ],
  [
    'never replaces a removed connection',
    replaced,
    (store) => ({
      compareAndSet: async (id, expected, next) =>
        next !== undefined && (await store.getRemoved(id)) !== undefined
          ? false
          : store.compareAndSet(id, expected, next),
    }),
  ],
  [
    'deletes a removed connection with any revision',
    replaced,
    (store) => ({
      compareAndSet: async (id, expected, next) =>
        store.compareAndSet(id, expected && next === undefined ? await revisionOf(store, id) : expected, next),
    }),
  ],
  [
    'restarts the delivery lease with the removal',
    lease,
    (store) => ({
      async compareAndSet(id, expected, next) {
        if (next?.status !== 'removed' || (await store.get(id)) === undefined)
          return store.compareAndSet(id, expected, next)
        await store.compareAndSet(id, expected, undefined)
        return store.compareAndSet(id, undefined, next)
      },
    }),
  ],
  [
    'does not say what is left of the delivery lease of a removed connection',
    lease,
    changingRemoved((removed) => ({ ...removed, deliveryLeaseLeft: undefined })),
  ],
  [
    'keeps the end of the delivery lease of a removed connection',
    lease,
    (store) => {
      const left = new Map<string, number | undefined>()
      return changingRemoved((removed) => {
        if (!left.has(keyOf(removed))) left.set(keyOf(removed), removed.deliveryLeaseLeft)
        return { ...removed, deliveryLeaseLeft: left.get(keyOf(removed)) }
      })(store, Date.now)
    },
  ],
]

describe('the contract of removed connections', () => testMutants(mutants))
