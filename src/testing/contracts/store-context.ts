import type { ConnectionId, StoredConnection } from '../../stores/store.ts'
import type { StoreContractSubject } from './store.ts'
import { equal, storedConnection, unique } from './store-fixtures.ts'

type StoreContext = ReturnType<typeof storeContext>
/** Adds one case to the contract. */
export type AddCase = (name: string, run: (context: StoreContext) => Promise<void>) => void

/** The context of one case: the store under test and a provider that only this case uses. */
export function storeContext(subject: StoreContractSubject) {
  const store = subject.store()
  const provider = `contract-${unique()}`
  const at = (ownerId: string): ConnectionId => ({ provider, ownerId })
  const record = (ownerId: string, fields: Partial<StoredConnection> = {}): StoredConnection =>
    storedConnection({ provider, ownerId, ...fields })
  return {
    store,
    other: subject.other?.() ?? store,
    provider,
    at,
    record,
    async fill(owners: readonly string[], fields?: (index: number) => Partial<StoredConnection>): Promise<void> {
      for (const [index, owner] of owners.entries())
        equal(await store.compareAndSet(at(owner), undefined, record(owner, fields?.(index))), true)
    },
    /** The owners of all pages, read until a page is not full. */
    async pages(query: { status?: StoredConnection['status']; keyIdNot?: string }, limit: number): Promise<string[]> {
      const owners: string[] = []
      for (;;) {
        const page = await store.list({ provider, limit, after: owners.at(-1), ...query })
        owners.push(...page.map((found) => found.ownerId))
        if (page.length < limit) return owners
        if (owners.length > 1_000) throw new Error('list returned more connections than there are')
      }
    },
    async due(moment: number, limit: number): Promise<string[]> {
      return (await store.due({ provider, limit, at: moment })).map((found) => found.ownerId)
    },
  }
}
