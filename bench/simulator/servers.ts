/** A server with a limit, in virtual milliseconds. It shares no code with the limiter that is measured against it. */
export interface Server {
  /** Accepts a request that arrives at `time`, or returns the seconds of `Retry-After`. */
  request(time: number): { readonly accepted: true } | { readonly accepted: false; readonly retryAfter: number }
  /** The number of requests that it can accept until `time`. */
  capacity(time: number): number
}

/** Requests per window as a function of virtual time. */
export type Limit = (time: number) => number

export const constant =
  (limit: number): Limit =>
  () =>
    limit

/** A limit with the given values in turn, each for the same share of `duration`. */
export const steps =
  (limits: readonly number[], duration: number): Limit =>
  (time) =>
    limits[Math.min(limits.length - 1, Math.floor((time / duration) * limits.length))] as number

export interface RollingOptions {
  readonly limit: Limit
  /** Milliseconds; default 30,000. */
  readonly window?: number
  /** Whether refused requests count as well. */
  readonly countRefused?: boolean
  /** Milliseconds for which every refusal closes the server to everyone. */
  readonly penalty?: number
  /** The value of `Retry-After`: until one request or half the limit is accepted again, a whole window, or until the oldest request leaves it. */
  readonly hint?: 'place' | 'half' | 'window' | 'oldest'
}

/** Counts the requests of the trailing window, exactly. */
export function rollingServer(options: RollingOptions): Server {
  const { limit, window = 30_000, countRefused = false, penalty = 0, hint = 'place' } = options
  const times: number[] = []
  let head = 0
  let closedUntil = 0
  const seconds = (milliseconds: number): number => Math.max(1, Math.ceil(milliseconds / 1000))
  return {
    request(time) {
      while (head < times.length && (times[head] as number) <= time - window) head++
      const count = times.length - head
      const allowed = limit(time)
      if (time >= closedUntil && count < allowed) {
        times.push(time)
        return { accepted: true }
      }
      if (countRefused) times.push(time)
      if (time < closedUntil) return { accepted: false, retryAfter: seconds(closedUntil - time) }
      if (penalty > 0) {
        closedUntil = time + penalty
        return { accepted: false, retryAfter: seconds(penalty) }
      }
      if (hint === 'window') return { accepted: false, retryAfter: seconds(window) }
      if (hint === 'oldest') return { accepted: false, retryAfter: seconds((times[head] ?? time) + window - time) }
      const free = hint === 'half' ? Math.ceil(allowed / 2) : 1
      const leaving = times[head + Math.max(0, count - allowed + free - 1)] ?? time
      return { accepted: false, retryAfter: seconds(leaving + window - time) }
    },
    capacity(time) {
      const step = 1000
      let sum = 0
      for (let at = 0; at < time; at += step) sum += (limit(at) * Math.min(step, time - at)) / window
      return sum
    },
  }
}

export interface BucketOptions {
  /** Tokens per `window`. */
  readonly limit: number
  readonly window?: number
  /** How many tokens it holds; default `limit`. */
  readonly burst?: number
}

/** A token bucket that refills at a constant rate. */
export function tokenBucket(options: BucketOptions): Server {
  const { limit, window = 30_000, burst = limit } = options
  const rate = limit / window
  let tokens = burst
  let last = 0
  return {
    request(time) {
      tokens = Math.min(burst, tokens + (time - last) * rate)
      last = time
      if (tokens >= 1) {
        tokens--
        return { accepted: true }
      }
      return { accepted: false, retryAfter: Math.max(1, Math.ceil((1 - tokens) / rate / 1000)) }
    },
    capacity: (time) => time * rate,
  }
}
