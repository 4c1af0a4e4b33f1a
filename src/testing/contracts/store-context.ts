import type { ConnectionFilter, ConnectionId, StoredConnection, StoredRecord, TokenStore } from '../../stores/store.ts'
import type { StoreContractSubject } from './store.ts'
import { equal, storedConnection, unique } from './store-fixtures.ts'

export type StoreContext = ReturnType<typeof storeContext>
/** Adds one case to the contract. */
export type AddCase = (name: string, run: (context: StoreContext) => Promise<void>) => void
export type Filter = Omit<ConnectionFilter, 'provider'>

/** The owner of a record, and its account if it has a label. */
export const placeOf = ({ ownerId, account = '' }: ConnectionId): string =>
  account === '' ? ownerId : `${ownerId}/${account}`

/** The context of one case: the store under test and a provider that only this case uses. */
export function storeContext(subject: StoreContractSubject) {
  const store = subject.store()
  const provider = `contract-${unique()}`
  const at = (ownerId: string, account?: string): ConnectionId =>
    account === undefined ? { provider, ownerId } : { provider, ownerId, account }
  const record = (ownerId: string, fields: Partial<StoredConnection> = {}): StoredConnection =>
    storedConnection({ provider, ownerId, ...fields })

  async function create<T extends StoredRecord>(created: T, by: TokenStore = store): Promise<T> {
    equal(await by.compareAndSet(created, undefined, created), true, `a creation of ${placeOf(created)}`)
    return created
  }
  /** The stored connection. */
  async function found(id: ConnectionId, by: TokenStore = store): Promise<StoredConnection> {
    const stored = await by.get(id)
    if (stored === undefined) throw new Error(`expected a connection of ${placeOf(id)}, got none`)
    return stored
  }
  return {
    store,
    other: subject.other?.() ?? store,
    provider,
    at,
    record,
    create,
    found,
    /** Reads a connection, writes it with these fields and reads it again. */
    async change(id: ConnectionId, fields: Partial<StoredConnection>, by: TokenStore = store) {
      const before = await found(id, by)
      const next = { ...before, revision: unique(), ...fields }
      equal(await by.compareAndSet(id, before.revision, next), true, `a write of ${placeOf(id)}`)
      return found(id, by)
    },
    async fill(owners: readonly string[], fields?: (index: number) => Partial<StoredConnection>): Promise<void> {
      await Promise.all(owners.map((owner, index) => create(record(owner, fields?.(index)))))
    },
    /** The places of all pages, read until a page is not full. */
    async pages(filter: Filter, limit: number): Promise<string[]> {
      const all: StoredConnection[] = []
      for (;;) {
        const page = await store.list({ provider, limit, after: all.at(-1), ...filter })
        all.push(...page)
        if (page.length < limit) return all.map(placeOf)
        if (all.length > 1_000) throw new Error('expected no more connections than there are, got the same ones again')
      }
    },
    async due(moment: number, limit: number): Promise<string[]> {
      return (await store.due({ provider, limit, at: moment })).map(placeOf)
    },
  }
}
