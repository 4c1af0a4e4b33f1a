import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../../src/stores/memory.ts'
import type { ConnectionId, TokenStore } from '../../../src/stores/store.ts'
import { storeContract } from '../../../src/testing/contracts/store.ts'
import { rejectionOf } from '../../../src/testing/contracts/store-fixtures.ts'
import { corruptibleStore } from './support/corruptible.ts'

const unaffected = 'a corrupt connection is STORE_CORRUPT and does not affect other connections'
const replaced = 'a corrupt connection can be replaced or deleted with the revision of its error'
const reserved = 'reserve skips corrupt connections and fills the page with the next ones'

type Corruptible = ReturnType<typeof corruptibleStore>
const caseOf = (name: string, store: TokenStore, corrupt: (id: ConnectionId) => Promise<void>) =>
  storeContract({ store: () => store, corrupt }).find((found) => found.name === name)

type CorruptMutant = readonly [
  mistake: string,
  notices: string,
  mutation: (corruptible: Corruptible) => Partial<TokenStore>,
]
const filters = ['keyIdNot', 'app', 'accountId', 'grantEndsBefore'] as const

function shortFirstPage(name: (typeof filters)[number]): CorruptMutant {
  return [
    `does not fill a page of ${name}`,
    unaffected,
    ({ store }) => ({
      async list(query) {
        const page = await store.list(query)
        return query[name] === undefined || query.after !== undefined ? page : page.slice(1)
      },
    }),
  ]
}

const mutants: readonly CorruptMutant[] = [
  [
    'takes a corrupt connection for none',
    unaffected,
    ({ store, isValid }) => ({
      get: async (id) => (isValid(id) ? store.get(id) : undefined),
    }),
  ],
  [
    'fails to list the others',
    unaffected,
    ({ store }) => ({
      list: async (query) => (query.status === undefined ? store.list(query) : []),
    }),
  ],
  [
    'does not count corrupt connections',
    unaffected,
    ({ store }) => ({
      count: async ({ provider }) => ({ connected: (await store.list({ provider, limit: 99 })).length }),
    }),
  ],
  [
    'does not fill a page of what is due',
    unaffected,
    ({ store }) => ({
      due: async (query) => (await store.due(query)).filter((_, index) => index > 0 || query.limit > 3),
    }),
  ],
  ...filters.map(shortFirstPage),
  [
    'does not tell the revision of a corrupt connection',
    replaced,
    ({ store, isValid }) => ({
      async get(id) {
        if (!isValid(id)) throw new Error('The connection cannot be read.')
        return store.get(id)
      },
    }),
  ],
  [
    'takes a corrupt connection for nothing',
    replaced,
    ({ store, isValid }) => ({
      async compareAndSet(id, expected, next) {
        const stored = isValid(id) ? undefined : (await rejectionOf(store.get(id))).revision
        return store.compareAndSet(id, expected ?? stored, next)
      },
    }),
  ],
  [
    'reserves corrupt connections instead of others',
    reserved,
    ({ store }) => ({
      reserve: async (query) => await store.reserve({ ...query, limit: Math.max(1, query.limit - 1) }),
    }),
  ],
]

describe('the contract of corrupt connections', () => {
  test.each([unaffected, replaced, reserved])('passes a store that keeps it: %s', async (name) => {
    const { store, corrupt } = corruptibleStore()
    await caseOf(name, store, corrupt)?.run()
  })

  test.each(mutants)('notices a store that %s', async (_, notices, mutation) => {
    const corruptible = corruptibleStore()
    const store = { ...corruptible.store, ...mutation(corruptible) }
    await expect(caseOf(notices, store, corruptible.corrupt)?.run()).rejects.toThrow(/expected/)
  })

  test.each([unaffected, replaced, reserved])('notices a store that does not see corruption: %s', async (notices) => {
    await expect(caseOf(notices, memoryStore(), async () => {})?.run()).rejects.toThrow(/expected/)
  })
})
