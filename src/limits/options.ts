import { ConfigError } from '../errors.ts'

/** What the learned ceiling starts from and how it changes. */
export interface CeilingOptions {
  /** Requests per window assumed at the start. @default 90 */
  readonly initialCeiling?: number | undefined
  /** Milliseconds. @default 30_000 */
  readonly window?: number | undefined
  /** The ceiling never falls below this. @default 5, or `initialCeiling` if that is less */
  readonly minCeiling?: number | undefined
  /** Milliseconds from learning a ceiling to a probe above it. @default 1_800_000 */
  readonly probeAfter?: number | undefined
  /** `probeAfter` during the two hours after the server's limit changed. @default 480_000 */
  readonly probeAfterChange?: number | undefined
}

/** Milliseconds. */
export const defaultGuard = 50
/** The share of the ceiling for one process while Redis is unavailable. */
export const defaultShare = 0.25

/** Options of the learned window. */
export interface WindowOptions extends CeilingOptions {
  /** Milliseconds by which the window is longer than the server's. @default 50 */
  readonly guard?: number | undefined
}

/** Options of every limiter. */
export interface LimiterOptions extends WindowOptions {
  /** Jobs that run at the same time. @default 4 */
  readonly maxConcurrent?: number | undefined
  /** Jobs that may wait; one more fails with `API_QUEUE_FULL`. @default 10_000 */
  readonly maxQueue?: number | undefined
  /** Milliseconds a job may wait when `schedule` gets no `maxWait`. @default 30_000 */
  readonly maxWait?: number | undefined
  /** Epoch milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined
}

interface CheckedOptions {
  readonly maxConcurrent: number
  readonly maxQueue: number
  readonly maxWait: number
  readonly now: () => number
}

const positiveIntegers = ['initialCeiling', 'minCeiling', 'maxConcurrent'] as const
const nonNegativeIntegers = ['maxQueue'] as const
const positive = ['window', 'probeAfter', 'probeAfterChange'] as const
const nonNegative = ['guard', 'maxWait'] as const

/** @throws ConfigError `CONFIG_INVALID` for an invalid number; the message names the option */
export function checkOptions(options: LimiterOptions): CheckedOptions {
  const check = (
    names: readonly (keyof LimiterOptions)[],
    isValid: (value: number) => boolean,
    expected: string,
  ): void => {
    for (const name of names) {
      const value = options[name]
      if (value !== undefined && !(typeof value === 'number' && isValid(value))) {
        throw new ConfigError('CONFIG_INVALID', `The limiter option ${name} must be ${expected}.`)
      }
    }
  }
  check(positiveIntegers, (value) => Number.isSafeInteger(value) && value >= 1, 'a whole number of at least 1')
  check(nonNegativeIntegers, (value) => Number.isSafeInteger(value) && value >= 0, 'a whole number of at least 0')
  check(positive, (value) => Number.isFinite(value) && value > 0, 'a positive number of milliseconds')
  check(nonNegative, (value) => value >= 0, 'a number of milliseconds')
  const { maxConcurrent = 4, maxQueue = 10_000, maxWait = 30_000, now = () => Date.now() } = options
  return { maxConcurrent, maxQueue, maxWait, now }
}
