import { isStagedoorError } from '../../../src/errors.ts'
import { adaptiveLimiter } from '../../../src/limits/adaptive/adaptive-limiter.ts'
import { createSpotify } from '../../../src/spotify/spotify.ts'

/** Calls that one process makes, and what it must report. */
export interface ChaosWork {
  readonly url: string
  readonly accessToken: string
  readonly calls: number
  readonly callers: number
  /** Milliseconds for each whole call. */
  readonly deadline: number
}

export interface ChaosReport {
  readonly values: number
  readonly codes: Readonly<Record<string, number>>
  /** Anything that was thrown and is not an error of the package. */
  readonly otherErrors: readonly string[]
  /** Milliseconds by which the latest call ended after its deadline. */
  readonly late: number
  readonly unhandled: number
  /** Bytes by which the heap grew between the first and the last fifth of the calls. */
  readonly grown: number
  readonly state: { readonly running: number; readonly queued: number }
}

const work = JSON.parse(process.argv[2] ?? '') as ChaosWork
let unhandled = 0
process.on('unhandledRejection', () => unhandled++)
const limiter = adaptiveLimiter({ initialCeiling: 1_000_000, maxConcurrent: 32 })
const spotify = createSpotify({
  limiter,
  endpoints: { api: work.url },
  timeout: 1500,
  retries: 2,
  maxWait: 3000,
  deadline: work.deadline,
})
const client = spotify.as(async () => work.accessToken)
const codes: Record<string, number> = {}
const otherErrors: string[] = []
let values = 0
let late = Number.NEGATIVE_INFINITY
let left = work.calls
let first: number | undefined

function heap(): number {
  const { gc } = globalThis as { gc?: () => void }
  gc?.()
  gc?.()
  return process.memoryUsage().heapUsed
}

async function call(number: number): Promise<void> {
  const began = performance.now()
  try {
    if (number % 10 === 0) await client.search('love', ['track'])
    else await client.me.get()
    values++
  } catch (error) {
    if (isStagedoorError(error)) codes[error.code] = (codes[error.code] ?? 0) + 1
    else otherErrors.push(String(error))
  }
  late = Math.max(late, performance.now() - began - work.deadline)
}

async function caller(): Promise<void> {
  while (left > 0) {
    left--
    await call(left)
    if (first === undefined && left < work.calls * 0.8) first = heap()
  }
}

await Promise.all(Array.from({ length: work.callers }, caller))
const grown = heap() - (first ?? 0)
const { running, queued } = limiter.state()
const report: ChaosReport = { values, codes, otherErrors, late, unhandled, grown, state: { running, queued } }
// No close(): that the process ends all the same is what the test waits for.
process.send?.(report, () => process.disconnect())
