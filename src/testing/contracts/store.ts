import type { ConnectionId, TokenStore } from '../../stores/store.ts'
import { addClaimCases } from './store-claims.ts'
import { type AddCase, storeContext } from './store-context.ts'
import { addCountCases } from './store-counts.ts'
import { addDueCases } from './store-due.ts'
import { addFailureCases } from './store-failures.ts'
import { addIdCases } from './store-ids.ts'
import { addLeaseCases } from './store-leases.ts'
import { addListCases } from './store-lists.ts'
import { addRemovedCases } from './store-removed.ts'
import { addReservationCases } from './store-reservations.ts'
import { addStateCases } from './store-state.ts'
import { addWriteCases } from './store-writes.ts'

/** The store under test. */
export interface StoreContractSubject {
  /**
   * The store. Every case uses providers, markers and keys of its own, so all cases may share one store. Also called
   * when the cases are listed, to leave out those of `reserve` and `state` for a store without them; a store that is
   * not there by then may throw or be undefined, and those cases pass without them.
   */
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
 * A failed case rejects with an `Error` whose message is what was expected. Cases without their optional member of the
 * subject or of the store are left out.
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
  const addFor = (member: 'reserve' | 'state'): AddCase => {
    if (isMissing(subject, member)) return () => {}
    return (name, run) =>
      add(name, async (context) => {
        if (context.store[member] !== undefined) await run(context)
      })
  }
  addWriteCases(add)
  addIdCases(add)
  addLeaseCases(add, subject)
  addListCases(add)
  addCountCases(add)
  addDueCases(add)
  addReservationCases(addFor('reserve'), subject)
  addRemovedCases(add)
  addClaimCases(add, subject)
  addStateCases(addFor('state'), subject)
  addFailureCases(add, subject)
  return cases
}

function isMissing(subject: StoreContractSubject, member: 'reserve' | 'state'): boolean {
  try {
    return subject.store()[member] === undefined
  } catch {
    return false
  }
}
