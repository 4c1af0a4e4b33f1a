import { ConfigError } from '../errors.ts'

export interface CeilingOptions {
  /** Requests per window assumed at the start; default 90. */
  readonly initialCeiling?: number | undefined
  /** Milliseconds; default 30,000. */
  readonly window?: number | undefined
  /** The ceiling never falls below this; default 5. */
  readonly minCeiling?: number | undefined
  /** Milliseconds from learning a ceiling to a probe above it; default 1,800,000. */
  readonly probeAfter?: number | undefined
  /** The same for two hours after the server's limit was seen to change; default 480,000. */
  readonly probeAfterChange?: number | undefined
}

export interface WindowOptions extends CeilingOptions {
  /** Milliseconds by which the window is taken to be longer than the server's; default 50. */
  readonly guard?: number | undefined
}

/** What every limiter takes. */
export interface LimiterOptions extends WindowOptions {
  /** Jobs that run at the same time; default 4. */
  readonly maxConcurrent?: number | undefined
  /** Jobs that may wait; one more fails with `API_QUEUE_FULL`. Default 10,000. */
  readonly maxQueue?: number | undefined
  /** Milliseconds a job may wait when `schedule` does not say; default 30,000. */
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

const wholeFromOne = ['initialCeiling', 'minCeiling', 'maxConcurrent'] as const
const wholeFromZero = ['maxQueue'] as const
const positive = ['window', 'probeAfter', 'probeAfterChange'] as const
const notNegative = ['guard', 'maxWait'] as const

/** @throws ConfigError `CONFIG_INVALID` for a number that makes no sense, naming the option */
export function checked(options: LimiterOptions): CheckedOptions {
  const refuse = (names: readonly (keyof LimiterOptions)[], fits: (value: number) => boolean, what: string): void => {
    for (const name of names) {
      const value = options[name]
      if (value !== undefined && !(typeof value === 'number' && fits(value))) {
        throw new ConfigError('CONFIG_INVALID', `The limiter option ${name} must be ${what}.`)
      }
    }
  }
  refuse(wholeFromOne, (value) => Number.isSafeInteger(value) && value >= 1, 'a whole number of at least 1')
  refuse(wholeFromZero, (value) => Number.isSafeInteger(value) && value >= 0, 'a whole number of at least 0')
  refuse(positive, (value) => Number.isFinite(value) && value > 0, 'a positive number of milliseconds')
  refuse(notNegative, (value) => value >= 0, 'a number of milliseconds')
  const { maxConcurrent = 4, maxQueue = 10_000, maxWait = 30_000, now = () => Date.now() } = options
  return { maxConcurrent, maxQueue, maxWait, now }
}
