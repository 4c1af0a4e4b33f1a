import type { ConnectionId, TokenStore } from '../../stores/store.ts'
import { type AddCase, storeContext } from './store-context.ts'
import { addFailureCases } from './store-failures.ts'
import { addQueryCases } from './store-queries.ts'
import { addWriteCases } from './store-writes.ts'

/** A store as the contract needs it. */
export interface StoreContractSubject {
  /** The store under test. Every case uses providers and markers of its own, so one store may serve all. */
  store(): TokenStore
  /** Another handle on the same data, as a second process has. @default the same handle */
  other?(): TokenStore
  /** Puts plaintext where the sealed access token of a connection should be, behind the store's back. */
  corrupt?(id: ConnectionId): Promise<void>
  /** Moves the clock that the store decides by. */
  advance?(ms: number): void
}

/** One thing that every store must do. */
export interface StoreContractCase {
  readonly name: string
  /** Throws what is wrong. */
  run(): Promise<void>
}

/**
 * What every `TokenStore` must do, as named cases for any test runner:
 * `for (const { name, run } of storeContract({ store: () => mine })) test(name, run)`.
 * A case that fails rejects with an `Error` that says what was expected. Cases whose means are missing are left out.
 *
 * @example
 * ```ts
 * import { memoryStore } from 'stagedoor'
 * import { storeContract } from 'stagedoor/testing'
 *
 * const store = memoryStore()
 * for (const { name, run } of storeContract({ store: () => store })) test(name, run)
 * ```
 */
export function storeContract(subject: StoreContractSubject): readonly StoreContractCase[] {
  const cases: StoreContractCase[] = []
  const add: AddCase = (name, run) => cases.push({ name, run: () => run(storeContext(subject)) })
  addWriteCases(add)
  addQueryCases(add)
  addFailureCases(add, subject)
  return cases
}
