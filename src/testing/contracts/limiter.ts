import type { Limiter } from '../../limits/limiter.ts'
import { addBoundCases } from './limiter-bounds.ts'
import { addPauseCases } from './limiter-pauses.ts'
import { addQueueCases } from './limiter-queue.ts'

/** What a case asks of the limiter that it is given. */
export interface LimiterContractOptions {
  /** Requests per window at the start. */
  readonly initialCeiling: number
  /** Milliseconds. */
  readonly window: number
  readonly maxConcurrent: number
  readonly maxQueue: number
}

/** A limiter as the contract needs it. */
export interface LimiterContractSubject {
  /** A new limiter that shares nothing with earlier ones. The case closes it. */
  limiter(options: LimiterContractOptions): Limiter | Promise<Limiter>
}

/** One thing that every limiter must do. */
export interface LimiterContractCase {
  readonly name: string
  /** Throws what is wrong. */
  run(): Promise<void>
}

/** Registers one case of the contract: `options` differ from a limiter that lets almost everything through. */
export type AddCase = (
  name: string,
  options: Partial<LimiterContractOptions>,
  run: (limiter: Limiter) => Promise<void>,
) => void

const generous: LimiterContractOptions = { initialCeiling: 1000, window: 500, maxConcurrent: 4, maxQueue: 100 }

/**
 * What every `Limiter` must do, as named cases for any test runner:
 * `for (const { name, run } of limiterContract({ limiter: (options) => mine(options) })) test(name, run)`.
 * A case that fails rejects with an `Error` that says what was expected. The cases run on the real clock, with short windows.
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
        const limiter = await subject.limiter({ ...generous, ...options })
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
