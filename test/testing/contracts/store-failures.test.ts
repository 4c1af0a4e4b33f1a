import { describe } from 'vitest'
import type { ConnectionFilter, ConnectionId, Lease, ListQuery, TokenStore } from '../../../src/stores/store.ts'
import { sealed } from '../../../src/testing/contracts/store-fixtures.ts'
import { listing, type Mutant, type Mutation, testMutants, writing } from './support/mutants.ts'

const aborts = 'a call with an aborted signal rejects with its reason and does nothing'
const malformed = 'an id or a query that is malformed is rejected with a TypeError'
const unreadable = 'a record that could not be read back is rejected with a TypeError'

const signals: readonly [method: keyof TokenStore, mutation: Mutation][] = [
  ['get', (store) => ({ get: (id) => store.get(id) })],
  ['getRemoved', (store) => ({ getRemoved: (id) => store.getRemoved(id) })],
  ['compareAndSet', (store) => ({ compareAndSet: (id, expected, next) => store.compareAndSet(id, expected, next) })],
  ['list', (store) => ({ list: (query) => store.list(query) })],
  ['count', (store) => ({ count: (query) => store.count(query) })],
  ['due', (store) => ({ due: (query) => store.due(query) })],
]

/** Calls every method that has an id with another one. */
const withId =
  (change: (id: ConnectionId) => ConnectionId): Mutation =>
  (store) => ({
    get: (id) => store.get(change(id)),
    getRemoved: (id) => store.getRemoved(change(id)),
    compareAndSet: (id, expected, next) => store.compareAndSet(change(id), expected, next),
  })
const withFilter =
  (change: <T extends ConnectionFilter>(query: T) => T): Mutation =>
  (store) => ({ list: (query) => store.list(change(query)), count: (query) => store.count(change(query)) })
const cut = (value: string, bytes: number): string =>
  Buffer.from(value).subarray(0, bytes).toString().replace('\ufffd', '')
const ids: readonly [mistake: string, mutation: Mutation][] = [
  ['takes an empty owner', withId((id) => ({ ...id, ownerId: id.ownerId || 'nobody' }))],
  ['leaves NUL out of owners', withId((id) => ({ ...id, ownerId: id.ownerId.replace('\0', '') }))],
  ['replaces half characters of owners', withId((id) => ({ ...id, ownerId: id.ownerId.toWellFormed() }))],
  ['cuts long owners', withId((id) => ({ ...id, ownerId: cut(id.ownerId, 255) }))],
  ['takes an empty provider', withId((id) => ({ ...id, provider: id.provider || 'spotify' }))],
  ['cuts long providers', withId((id) => ({ ...id, provider: cut(id.provider, 64) }))],
  ['cuts long accounts', withId((id) => ({ ...id, account: cut(id.account ?? '', 64) }))],
  ['leaves NUL out of accounts', withId((id) => ({ ...id, account: id.account?.replace('\0', '') }))],
  ['replaces half characters of accounts', withId((id) => ({ ...id, account: id.account?.toWellFormed() }))],
]

const filters = ['ownerId', 'app', 'accountId', 'keyIdNot'] as const
const ending = ({ after }: ListQuery): number => (typeof after === 'object' ? (after.grantEndsAt ?? 0) : 0)
const queries: readonly [mistake: string, mutation: Mutation][] = [
  ...filters.map((name): [string, Mutation] => [
    `takes an empty ${name} for none`,
    withFilter((query) => ({ ...query, [name]: query[name] || undefined })),
  ]),
  [
    'rounds the end of grants',
    withFilter((query) => ({
      ...query,
      ...(query.grantEndsBefore !== undefined && { grantEndsBefore: Math.ceil(query.grantEndsBefore) }),
    })),
  ],
  [
    'takes an unknown status for one that nobody has',
    withFilter((query) => ({
      ...query,
      ...(query.status !== 'connected' && { status: undefined }),
    })),
  ],
  ['lists nothing of no provider', listing((query) => ({ ...query, provider: query.provider || 'none' }))],
  ['lists at least one connection', listing((query) => ({ ...query, limit: Math.max(1, query.limit) }))],
  ['rounds limits', listing((query) => ({ ...query, limit: Math.ceil(query.limit) }))],
  ['takes an empty text for no place', listing((query) => ({ ...query, after: query.after || undefined }))],
  [
    'cuts long accounts of places',
    listing(({ after, ...query }) => ({
      ...query,
      after: typeof after === 'object' ? { ...after, account: cut(after.account ?? '', 64) } : after,
    })),
  ],
  [
    'takes a text for the end of a grant',
    listing((query) => ({
      ...query,
      ...(typeof query.after === 'string' && query.after !== '' && { after: { ownerId: query.after, grantEndsAt: 0 } }),
    })),
  ],
  [
    'takes a missing end of a grant for the first',
    listing((query) => ({
      ...query,
      ...(typeof query.after === 'object' && { after: { ...query.after, grantEndsAt: ending(query) } }),
    })),
  ],
  [
    'counts nothing of no provider',
    (store) => ({
      count: (query) => store.count({ ...query, provider: query.provider || 'none' }),
    }),
  ],
  [
    'counts by an unknown group',
    (store) => ({
      count: (query) => store.count({ ...query, by: query.by === 'grantEndsOn' ? query.by : 'status' }),
    }),
  ],
  [
    'gives nothing of no provider as due',
    (store) => ({
      due: (query) => store.due({ ...query, provider: query.provider || 'none' }),
    }),
  ],
  [
    'gives at least one record as due',
    (store) => ({ due: (query) => store.due({ ...query, limit: Math.max(1, query.limit) }) }),
  ],
  ['rounds times', (store) => ({ due: (query) => store.due({ ...query, at: Math.ceil(query.at) }) })],
]

const lease = (change: (lease: Lease) => Lease): Mutation =>
  writing((next) => ({ ...next, lease: next.lease && change(next.lease) }))
const records: readonly [mistake: string, mutation: Mutation][] = [
  [
    'stores an access token in plaintext',
    writing((next) => ({
      ...next,
      accessToken: typeof next.accessToken === 'string' ? sealed('k') : next.accessToken,
    })),
  ],
  [
    'stores a refresh token in plaintext',
    writing((next) => ({
      ...next,
      refreshToken: typeof next.refreshToken === 'string' ? sealed('k') : next.refreshToken,
    })),
  ],
  ['rounds the time of the next check', writing((next) => ({ ...next, nextCheckAt: Math.ceil(next.nextCheckAt) }))],
  ['has a last time', writing((next) => ({ ...next, checkAt: Math.min(1e15, next.checkAt) }))],
  ['takes an empty application', writing((next) => ({ ...next, app: next.app || 'none' }))],
  ['cuts long applications', writing((next) => ({ ...next, app: cut(next.app, 255) }))],
  ['cuts long account ids', writing((next) => ({ ...next, accountId: next.accountId && cut(next.accountId, 255) }))],
  ['cuts long steps', writing((next) => ({ ...next, notified: next.notified && cut(next.notified, 64) }))],
  ['takes a negative length for none', lease((taken) => ({ ...taken, length: Math.max(0, taken.length ?? 0) }))],
  ['shortens leases to a day', lease((taken) => ({ ...taken, length: Math.min(86_400_000, taken.length ?? 0) }))],
  ['rounds the length of leases', lease((taken) => ({ ...taken, length: Math.ceil(taken.length ?? 0) }))],
  ['takes leases without an id', lease((taken) => ({ ...taken, id: taken.id || 'none' }))],
  [
    'shortens delivery leases to a day',
    writing(({ deliveryLease, ...next }) => ({
      ...next,
      deliveryLease: deliveryLease && { ...deliveryLease, length: Math.min(86_400_000, deliveryLease.length ?? 0) },
    })),
  ],
  ['forgets the events beyond 32', writing((next) => ({ ...next, pending: next.pending?.slice(0, 32) }))],
  [
    'takes events without an id',
    writing((next) => ({
      ...next,
      pending: next.pending?.map((event) => ({ ...event, id: event.id || 'none' })),
    })),
  ],
  [
    'forgets nested data of events',
    writing((next) => ({
      ...next,
      pending: next.pending?.map((event) => ({ ...event, data: undefined })),
    })),
  ],
  [
    'takes an unknown status',
    writing((next) => ({
      ...next,
      status: next.status === 'connected' ? 'connected' : 'needs_reauth',
    })),
  ],
  [
    'stores a record under its own id',
    (store) => ({
      compareAndSet: (id, expected, next) => store.compareAndSet(next ?? id, expected, next),
    }),
  ],
  [
    'looks at the owner of a record only',
    (store) => ({
      compareAndSet: (id, expected, next) =>
        store.compareAndSet({ ...id, account: next?.account ?? id.account }, expected, next),
    }),
  ],
  [
    'takes a write that keeps the revision for one that was late',
    (store) => ({
      compareAndSet: async (id, expected, next) =>
        next !== undefined && next.revision === expected ? false : store.compareAndSet(id, expected, next),
    }),
  ],
  [
    'rounds the times of removed connections',
    (store) => ({
      compareAndSet: (id, expected, next) =>
        store.compareAndSet(
          id,
          expected,
          next?.status === 'removed' ? { ...next, nextCheckAt: Math.ceil(next.nextCheckAt) } : next,
        ),
    }),
  ],
]

const named = (notices: string, list: readonly [string, Mutation][]): Mutant[] =>
  list.map(([mistake, mutation]) => [mistake, notices, mutation])
const mutants: readonly Mutant[] = [
  ...signals.map(([method, mutation]): Mutant => [`does not look at the signal of ${method}`, aborts, mutation]),
  [
    'writes before it looks at the signal',
    aborts,
    (store) => ({
      async compareAndSet(id, expected, next, options) {
        const isWritten = await store.compareAndSet(id, expected, next)
        options?.signal?.throwIfAborted()
        return isWritten
      },
    }),
  ],
  ...named(malformed, [...ids, ...queries]),
  ...named(unreadable, records),
]

describe('the contract of failures', () => testMutants(mutants))
