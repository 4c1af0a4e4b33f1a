import { describe } from 'vitest'
import type { ConnectionFilter, ListQuery, StoredConnection, TokenStore } from '../../../src/stores/store.ts'
import { everyConnection, keyOf, listing, type Mutant, testMutants } from './support/mutants.ts'

const filtered = 'list returns the connections that match every filter, in order, whatever the length of the pages'
const cursor = 'list starts after a record, an id or the account without a label of an owner'
const found = 'a connection is found by the values that it has now'
const byEnd = 'list with grantEndsBefore begins with the grant that ends first'
const filters = ['status', 'keyIdNot', 'app', 'ownerId', 'accountId', 'grantEndsBefore'] as const

const place = ({ after }: ListQuery): ConnectionFilter & { account: string } =>
  typeof after === 'object'
    ? { provider: '', ownerId: after.ownerId, account: after.account ?? '' }
    : { provider: '', ownerId: after, account: '' }

/** A page in an order of its own, by the place of a record and of the last one of the page before. */
async function ordered(
  store: TokenStore,
  query: ListQuery,
  placeOf: (record: { ownerId?: string | undefined; account: string }) => string,
): Promise<readonly StoredConnection[]> {
  const all = (await store.list({ ...query, after: undefined, limit: 9_999 })).toSorted((a, b) =>
    placeOf(a) < placeOf(b) ? -1 : 1,
  )
  const isAfter = (record: StoredConnection): boolean =>
    query.after === undefined || placeOf(record) > placeOf(place(query))
  return all.filter(isAfter).slice(0, query.limit)
}

/** Finds connections by the value that a field had when they were created. */
function byFirst(field: 'status' | 'app' | 'accountId'): Mutant {
  return [
    `finds connections by the first value of ${field}`,
    found,
    (store) => {
      const first = new Map<string, unknown>()
      return {
        async compareAndSet(id, expected, next) {
          if (next?.status !== 'removed' && next && expected === undefined) first.set(keyOf(id), next[field])
          return store.compareAndSet(id, expected, next)
        },
        async list(query) {
          const rest = await store.list({ ...query, [field]: undefined })
          return rest.filter((record) => query[field] === undefined || first.get(keyOf(record)) === query[field])
        },
      }
    },
  ]
}

const mutants: readonly Mutant[] = [
  [
    'lists by UTF-16 units',
    'list returns every connection once, ordered by the code points of the owner',
    (store) => ({ list: (query) => ordered(store, query, ({ ownerId }) => ownerId ?? '') }),
  ],
  [
    'lists the last connection of a page again',
    'list returns every connection once, ordered by the code points of the owner',
    (store) => ({
      async list(query) {
        const { after, limit } = query
        if (typeof after !== 'object') return store.list(query)
        const again = await store.get({ ...after, provider: query.provider })
        return [...(again ? [again] : []), ...(await store.list(query))].slice(0, limit)
      },
    }),
  ],
  [
    'lists accounts by UTF-16 units',
    filtered,
    (store) => ({
      async list(query) {
        const page = [...(await store.list(query))]
        return page.sort((a, b) => (a.ownerId === b.ownerId && a.account < b.account ? -1 : 0))
      },
    }),
  ],
  [
    'starts a page after all accounts of the last owner',
    filtered,
    (store) => ({ list: (query) => ordered(store, query, ({ ownerId }) => ownerId ?? '') }),
  ],
  ...filters.map(
    (name): Mutant => [`ignores ${name}`, filtered, listing((query) => ({ ...query, [name]: undefined }))],
  ),
  ...filters.map(
    (name): Mutant => [
      `looks at ${name} only if it is the only filter`,
      filtered,
      listing((query) =>
        filters.every((other) => other === name || query[other] === undefined)
          ? query
          : { ...query, [name]: undefined },
      ),
    ],
  ),
  [
    'filters a page after reading it, so that pages come out short',
    filtered,
    (store) => ({
      async list(query) {
        const page = await store.list({ ...query, status: undefined })
        return page.filter(({ status }) => status === (query.status ?? status))
      },
    }),
  ],
  [
    'looks at three filters and no more',
    'list with all filters returns the connections that match all',
    listing(({ grantEndsBefore, keyIdNot, ...query }) => ({
      ...query,
      keyIdNot,
      ...(query.accountId === undefined && { grantEndsBefore }),
    })),
  ],
  [
    'looks at access tokens only for another key id',
    'list with keyIdNot returns connections with a token under another key',
    (store) => ({
      async list(query) {
        const all = await store.list({ ...query, limit: 999 })
        return all.filter((record) => record.accessToken.keyId !== query.keyIdNot).slice(0, query.limit)
      },
    }),
  ],
  [
    'wants both tokens under another key',
    'list with keyIdNot returns connections with a token under another key',
    (store) => ({
      async list(query) {
        const all = await store.list({ ...query, limit: 999 })
        return all
          .filter(({ accessToken, refreshToken }) =>
            [accessToken, refreshToken].every((token) => token?.keyId !== query.keyIdNot),
          )
          .slice(0, query.limit)
      },
    }),
  ],
  [
    'orders by owner although grantEndsBefore is given',
    byEnd,
    (store) => ({
      list: (query) =>
        query.grantEndsBefore === undefined
          ? store.list(query)
          : ordered(store, query, ({ ownerId, account }) => `${ownerId}\0${account}`),
    }),
  ],
  [
    'takes grants that end at the very time for those that end before it',
    byEnd,
    listing((query) =>
      query.grantEndsBefore === undefined ? query : { ...query, grantEndsBefore: query.grantEndsBefore + 1 },
    ),
  ],
  [
    'takes grants that do not end for those that ended long ago',
    byEnd,
    (store) => ({
      async list(query) {
        if (query.grantEndsBefore === undefined || query.after !== undefined) return store.list(query)
        const all = await store.list({ ...query, grantEndsBefore: undefined, limit: 999 })
        const endless = all.flatMap((record) =>
          record.grantEndsAt === undefined ? [{ ...record, grantEndsAt: 0 }] : [],
        )
        return [...endless, ...(await store.list(query))].slice(0, query.limit)
      },
    }),
  ],
  [
    'looks at the owner of the last record only',
    cursor,
    listing(({ after, ...query }) => ({ ...query, after: typeof after === 'object' ? after.ownerId : after })),
  ],
  [
    'takes a text for all accounts of its owner',
    cursor,
    listing(({ after, ...query }) => ({
      ...query,
      after: typeof after === 'string' ? { ownerId: after, account: '\u{10ffff}' } : after,
    })),
  ],
  [
    'starts with the first record if the one before is gone',
    cursor,
    (store) => ({
      async list(query) {
        const { ownerId = '', account } = place(query)
        const isKnown =
          ownerId !== '' && (await store.get({ provider: query.provider, ownerId, account })) !== undefined
        return store.list(isKnown ? query : { ...query, after: undefined })
      },
    }),
  ],
  [
    'starts at the end of the grant and forgets those that end at the same time',
    cursor,
    (store) => ({
      async list(query) {
        const page = await store.list(query)
        const end = typeof query.after === 'object' ? query.after.grantEndsAt : undefined
        return query.grantEndsBefore === undefined ? page : page.filter(({ grantEndsAt }) => grantEndsAt !== end)
      },
    }),
  ],
  byFirst('status'),
  byFirst('app'),
  byFirst('accountId'),
  [
    'finds connections by the end that their grant had before',
    found,
    (store) => {
      const first = new Map<string, number>()
      return {
        async compareAndSet(id, expected, next) {
          if (next !== undefined && 'grantEndsAt' in next && next.grantEndsAt !== undefined)
            first.set(keyOf(id), next.grantEndsAt)
          return store.compareAndSet(id, expected, next)
        },
        async list({ grantEndsBefore, ...query }) {
          const rest = await everyConnection(store, query.provider)
          if (grantEndsBefore === undefined) return store.list(query)
          return rest.filter((record) => (first.get(keyOf(record)) ?? grantEndsBefore) < grantEndsBefore)
        },
      }
    },
  ],
]

describe('the contract of lists', () => testMutants(mutants))
