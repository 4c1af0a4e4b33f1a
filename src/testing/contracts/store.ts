import type { ConnectionId, TokenStore } from '../../stores/store.ts'
import { type AddCase, storeContext } from './store-context.ts'
import { addFailureCases } from './store-failures.ts'
import { addQueryCases } from './store-queries.ts'
import { addWriteCases } from './store-writes.ts'

/** The store under test. */
export interface StoreContractSubject {
  /** The store. Every case uses its own providers and markers, so all cases may share one store. */
  store(): TokenStore
  /** Another instance on the same data, as in a second process. @default the same instance */
  other?(): TokenStore
  /** Replaces the encrypted access token of a stored connection with plaintext. Without it, its cases are left out. */
  corrupt?(id: ConnectionId): Promise<void>
  /** Advances the clock of the store. Without it, its cases are left out. */
  advance?(ms: number): void
}

/** One requirement for every store. */
export interface StoreContractCase {
  readonly name: string
  /** Rejects if the requirement is not met. */
  run(): Promise<void>
}

/**
 * The requirements for every `TokenStore`, as named cases for any test runner:
 * `for (const { name, run } of storeContract({ store: () => mine })) test(name, run)`.
 * A failed case rejects with an `Error` whose message is what was expected. Cases without their optional member of the subject are left out.
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
