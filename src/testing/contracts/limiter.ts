import type { Limiter } from '../../limits/limiter.ts'
import { addBoundCases } from './limiter-bounds.ts'
import { addPauseCases } from './limiter-pauses.ts'
import { addQueueCases } from './limiter-queue.ts'

/** The options of the limiter that a case needs. */
interface LimiterContractOptions {
  /** Requests per window at the start. */
  readonly initialCeiling: number
  /** Milliseconds. */
  readonly window: number
  readonly maxConcurrent: number
  readonly maxQueue: number
}

/** The limiter under test. */
export interface LimiterContractSubject {
  /** Creates a limiter that shares nothing with earlier ones. The case closes it. */
  limiter(options: LimiterContractOptions): Limiter | Promise<Limiter>
}

/** One requirement for every limiter. */
export interface LimiterContractCase {
  readonly name: string
  /** Rejects if the requirement is not met. */
  run(): Promise<void>
}

/** Adds one case to the contract. `options` override the defaults, under which almost no call waits. */
export type AddCase = (
  name: string,
  options: Partial<LimiterContractOptions>,
  run: (limiter: Limiter) => Promise<void>,
) => void

const defaults: LimiterContractOptions = { initialCeiling: 1000, window: 500, maxConcurrent: 4, maxQueue: 100 }

/**
 * The requirements for every `Limiter`, as named cases for any test runner:
 * `for (const { name, run } of limiterContract({ limiter: (options) => mine(options) })) test(name, run)`.
 * A failed case rejects with an `Error` whose message is what was expected. Cases use the real clock and short windows.
 *
 * @example
 * ```ts
 * import { adaptiveLimiter } from 'stagedoor'
 * import { limiterContract } from 'stagedoor/testing'
 *
 * for (const { name, run } of limiterContract({ limiter: adaptiveLimiter })) test(name, run)
 * ```
 */
export function limiterContract(subject: LimiterContractSubject): readonly LimiterContractCase[] {
  const cases: LimiterContractCase[] = []
  const add: AddCase = (name, options, run) =>
    cases.push({
      name,
      async run() {
        const limiter = await subject.limiter({ ...defaults, ...options })
        try {
          await run(limiter)
        } finally {
          await limiter.close()
        }
      },
    })
  addQueueCases(add)
  addBoundCases(add)
  addPauseCases(add)
  return cases
}
