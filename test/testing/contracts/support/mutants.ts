import { expect, test } from 'vitest'
import { memoryStore } from '../../../../src/stores/memory.ts'
import type {
  ConnectionId,
  ListQuery,
  StoredConnection,
  StoredRecord,
  TokenStore,
} from '../../../../src/stores/store.ts'
import { storeContract } from '../../../../src/testing/contracts/store.ts'

type Sound = Required<TokenStore>
type Place = ConnectionId & { readonly account: string }
/** What a mistake replaces in a sound store. `now` is the clock of that store. */
export type Mutation = (store: Sound, now: () => number) => Partial<TokenStore>
/** A store with one mistake, and a case of the contract that must notice it. */
export type Mutant = readonly [mistake: string, notices: string, mutation: Mutation, other?: Mutation]

/** One test for every mutant: the named case fails, and says what it expected. */
export function testMutants(mutants: readonly Mutant[]): void {
  const named = mutants.map(([mistake, notices, mutation, other]) => ({ mistake, notices, mutation, other }))
  test.each(named)('notices a store that $mistake', async ({ notices, mutation, other }) => {
    let ahead = 0
    const now = (): number => Date.now() + ahead
    const sound = memoryStore({ now })
    const store = { ...sound, ...mutation(sound, now) }
    const second = other === undefined ? store : { ...sound, ...other(sound, now) }
    const advance = (ms: number): void => {
      ahead += ms
    }
    const found = storeContract({ store: () => store, other: () => second, advance }).find(
      ({ name }) => name === notices,
    )
    await expect(found?.run()).rejects.toThrow(/expected/)
  })
}

export const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
export const keyOf = ({ provider, ownerId, account }: ConnectionId): string =>
  `${provider}\0${ownerId}\0${account ?? ''}`

/** The revision that is stored, of a removed connection too. */
export async function revisionOf(store: TokenStore, id: ConnectionId): Promise<string | undefined> {
  return (await store.get(id))?.revision ?? (await store.getRemoved(id))?.revision
}

export async function everyConnection(store: TokenStore, provider: string): Promise<readonly StoredConnection[]> {
  return store.list({ provider, limit: 9_999 })
}

/** Changes what a store writes, for connections only. */
export function writing(change: (next: StoredConnection, current: StoredConnection | undefined) => StoredConnection) {
  return (store: TokenStore): Partial<TokenStore> => ({
    async compareAndSet(id, expected, next, options) {
      const isConnection = next !== undefined && next.status !== 'removed'
      const written = isConnection ? change(next, await store.get(id)) : next
      return store.compareAndSet(id, expected, written, options)
    },
  })
}

/** Changes what a store reads, in every method. */
export function reading(
  change: (record: StoredConnection) => StoredConnection,
  ...methods: ('get' | 'list' | 'due')[]
) {
  const changed = <T extends StoredRecord>(record: T): T | StoredConnection =>
    record.status === 'removed' ? record : change(record)
  return (store: TokenStore): Partial<TokenStore> => {
    const all: Pick<TokenStore, 'get' | 'list' | 'due'> = {
      async get(id, options) {
        const record = await store.get(id, options)
        return record && change(record)
      },
      list: async (query, options) => (await store.list(query, options)).map(change),
      due: async (query, options) => (await store.due(query, options)).map(changed),
    }
    return methods.length === 0 ? all : Object.fromEntries(methods.map((method) => [method, all[method]]))
  }
}

export function listing(change: (query: ListQuery) => ListQuery): Mutation {
  return (store) => ({ list: (query, options) => store.list(change(query), options) })
}

/** Stores records under other ids, and reads them back with their own. */
export function keyed(alias: (id: Place) => ConnectionId): Mutation {
  return (store) => {
    const own = new Map<string, Place>()
    const stored = (id: ConnectionId): ConnectionId => alias({ ...id, account: id.account ?? '' })
    return {
      async get(id, options) {
        const record = await store.get(stored(id), options)
        return record && { ...record, ...own.get(record.revision) }
      },
      async compareAndSet(id, expected, next, options) {
        if (next === undefined) return store.compareAndSet(stored(id), expected, next, options)
        const { provider, ownerId, account } = next
        own.set(next.revision, { provider, ownerId, account })
        const place = stored(next)
        return store.compareAndSet(stored(id), expected, { ...next, ...place, account: place.account ?? '' }, options)
      },
    }
  }
}
