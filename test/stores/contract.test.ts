import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../src/stores/memory.ts'
import type { ConnectionId, StoredConnection, TokenStore } from '../../src/stores/store.ts'
import { storeContract } from '../../src/testing/contracts/store.ts'

type Mutant = (store: TokenStore) => Partial<TokenStore>
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const lower = (id: ConnectionId): ConnectionId => ({ ...id, ownerId: id.ownerId.toLowerCase().trimEnd() || 'x' })
const withId = (next: StoredConnection | undefined, id: ConnectionId) => next && { ...next, ...id }

/** Stores with one mistake each, and a case of the contract that must notice it. */
const mutants: readonly [mistake: string, notices: string, mutant: Mutant][] = [
  [
    'writes whatever the revision is',
    'a write requires the stored revision',
    (store) => ({
      compareAndSet: async (id, _, next) => store.compareAndSet(id, (await store.get(id))?.revision, next),
    }),
  ],
  [
    'compares and writes in two steps',
    'one of many concurrent creations, writes and deletions succeeds',
    (store) => ({
      async compareAndSet(id, expected, next) {
        if ((await store.get(id))?.revision !== expected) return false
        await tick()
        return (await store.compareAndSet(id, (await store.get(id))?.revision, next)) || true
      },
    }),
  ],
  [
    'deletes without a look at the revision',
    'a deletion requires the stored revision and removes all data',
    (store) => ({
      async compareAndSet(id, expected, next) {
        const current = next === undefined ? (await store.get(id))?.revision : expected
        return store.compareAndSet(id, current, next)
      },
    }),
  ],
  [
    'counts revisions by owner',
    'a revision from before a deletion cannot overwrite a new connection',
    (store) => {
      const aliases = new Map<string, string>()
      return {
        async compareAndSet(id, expected, next) {
          const first = aliases.get(id.ownerId)
          const current = (await store.get(id))?.revision
          if (expected === undefined && next) aliases.set(id.ownerId, first ?? next.revision)
          return store.compareAndSet(id, expected !== undefined && expected === first ? current : expected, next)
        },
      }
    },
  ],
  [
    'forgets optional fields',
    'get returns a connection as it was written',
    (store) => ({
      async get(id) {
        const { lease: _, ...record } = (await store.get(id)) ?? ({} as StoredConnection)
        return record.ownerId === undefined ? undefined : record
      },
    }),
  ],
  [
    'compares owners as a case-insensitive, padded column does',
    'owners that differ in case, accents, spaces or Unicode form are different owners',
    (store) => ({
      get: (id) => store.get(lower(id)),
      compareAndSet: (id, expected, next) => store.compareAndSet(lower(id), expected, withId(next, lower(id))),
    }),
  ],
  [
    'forgets that connections have a provider',
    'the same owner of two providers has two connections',
    (store) => ({ get: (id) => store.get({ ...id, provider: id.provider.slice(0, 25) }) }),
  ],
  [
    'lists by UTF-16 units',
    'list returns every connection once, ordered by the code points of the owner',
    (store) => ({
      async list(query) {
        const all = await store.list({ ...query, after: undefined, limit: 999 })
        const sorted = all.toSorted((a, b) => (a.ownerId < b.ownerId ? -1 : 1))
        const after = query.after
        return sorted.filter(({ ownerId }) => after === undefined || ownerId > after).slice(0, query.limit)
      },
    }),
  ],
  [
    'filters a page after reading it, so that pages come out short',
    'list filters by status',
    (store) => ({
      list: async (query) =>
        (await store.list({ ...query, status: undefined })).filter(({ status }) => status === (query.status ?? status)),
    }),
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
    'leaves out what is due at this very moment',
    'due returns at most limit connections whose check is due, oldest first',
    (store) => ({ due: (query) => store.due({ ...query, at: query.at - 1 }) }),
  ],
  [
    'gives what is due in no order',
    'due returns at most limit connections whose check is due, oldest first',
    (store) => ({ due: async (query) => [...(await store.due(query))].reverse() }),
  ],
  ['lets a marker be claimed again', 'a marker is claimed once', () => ({ claim: async () => true })],
  [
    'takes the end of a marker for the truth about the time',
    'a marker with an end in the past is claimed once too',
    (store) => ({ claim: async (marker, end) => end < Date.now() || store.claim(marker, end) }),
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
    'does not look at the signal',
    'a call with an aborted signal rejects with its reason and does nothing',
    (store) => ({ claim: (marker, end) => store.claim(marker, end) }),
  ],
  [
    'writes what it could not read back',
    'a record that could not be read back is rejected with a TypeError',
    (store) => ({
      list: (query, options) => store.list({ ...query, limit: Math.max(1, Math.ceil(query.limit)) }, options),
    }),
  ],
]

describe('the contract of stores', () => {
  test.each(mutants)('notices a store that %s', async (_, notices, mutant) => {
    const sound = memoryStore()
    const store = { ...sound, ...mutant(sound) }
    const found = storeContract({ store: () => store }).find(({ name }) => name === notices)
    await expect(found?.run()).rejects.toThrow(/expected/)
  })

  test('leaves out the cases whose means are missing', () => {
    const bare = storeContract({ store: memoryStore })
    const full = storeContract({ store: memoryStore, corrupt: async () => {}, advance: () => {} })
    expect(full.length - bare.length).toBe(3)
    expect(new Set(full.map(({ name }) => name)).size).toBe(full.length)
  })

  test.each([
    'a corrupt connection is STORE_CORRUPT and does not affect other connections',
    'a corrupt connection can be replaced with the revision of its error',
  ])('notices a store that does not see corruption: %s', async (notices) => {
    const store = memoryStore()
    const cases = storeContract({ store: () => store, corrupt: async () => {} })
    await expect(cases.find(({ name }) => name === notices)?.run()).rejects.toThrow(/expected/)
  })
})
