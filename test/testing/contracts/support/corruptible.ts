import { StoreError } from '../../../../src/errors.ts'
import { memoryStore } from '../../../../src/stores/memory.ts'
import type { ConnectionId, StoredRecord, TokenStore } from '../../../../src/stores/store.ts'
import { keyOf } from './mutants.ts'

interface Corruptible {
  readonly store: Required<TokenStore>
  corrupt(id: ConnectionId): Promise<void>
  isValid(id: ConnectionId): boolean
}

/** A memory store whose connections can become corrupt, as a row of a database can. */
export function corruptibleStore(): Corruptible {
  const store = memoryStore()
  const corrupt = new Set<string>()
  const isValid = (record: ConnectionId): boolean => !corrupt.has(keyOf(record))
  return {
    async corrupt(id: ConnectionId): Promise<void> {
      corrupt.add(keyOf(id))
    },
    store: {
      ...store,
      async get(id, options) {
        const record = await store.get(id, options)
        if (isValid(id)) return record
        throw new StoreError('STORE_CORRUPT', 'The connection cannot be read.', {
          retryable: false,
          revision: record?.revision,
        })
      },
      async compareAndSet(id, expected, next, options) {
        const isWritten = await store.compareAndSet(id, expected, next, options)
        if (isWritten) corrupt.delete(keyOf(id))
        return isWritten
      },
      list: async (query, options) =>
        (await store.list({ ...query, limit: 9_999 }, options)).filter(isValid).slice(0, query.limit),
      due: async (query, options) =>
        (await store.due({ ...query, limit: 9_999 }, options)).filter(isValid).slice(0, query.limit),
      async reserve(query, options) {
        const found: StoredRecord[] = []
        while (found.length < query.limit) {
          const page = await store.reserve({ ...query, limit: 1 }, options)
          if (page.length === 0) break
          found.push(...page.filter(isValid))
        }
        return found
      },
    },
    isValid,
  }
}
