import type { Algorithm } from './simulate.ts'

/** Makes an algorithm honour `Retry-After`, as all of these do. */
function withRetryAfter(inner: Algorithm): Algorithm {
  let pausedUntil = 0
  return {
    wait: (now) => (now < pausedUntil ? pausedUntil - now : inner.wait(now)),
    send: (now) => inner.send(now),
    onResponse(now, sent, retryAt) {
      if (retryAt !== undefined) pausedUntil = Math.max(pausedUntil, retryAt)
      inner.onResponse(now, sent, retryAt)
    },
  }
}

const stateless = { send: () => undefined, onResponse: () => {} }

/** Sends as fast as it can until a 429, then waits for `Retry-After`. */
export const fireAndWait = (): Algorithm => withRetryAfter({ wait: () => 0, ...stateless })

/** Requests at a fixed, guessed rate. */
export function fixedSpacing(guess: number, window = 30_000): Algorithm {
  let next = 0
  return withRetryAfter({
    wait: (now) => Math.max(0, next - now),
    send(now) {
      next = Math.max(now, next) + window / guess
    },
    onResponse: () => {},
  })
}

/** A reservoir that is refilled at fixed times, as in Bottleneck. It knows the limit. */
export function reservoir(limit: number, window = 30_000): Algorithm {
  let left = limit
  let refill = window
  return withRetryAfter({
    wait(now) {
      if (now >= refill) {
        refill += window * Math.ceil((now - refill + 1) / window)
        left = limit
      }
      return left > 0 ? 0 : refill - now
    },
    send() {
      left--
    },
    onResponse: () => {},
  })
}

/** The windowed strategy of p-throttle: a window begins with a request and allows `limit` requests. It knows the limit. */
export function throttle(limit: number, window = 30_000): Algorithm {
  let windowStart = Number.NEGATIVE_INFINITY
  let sent = 0
  return withRetryAfter({
    wait(now) {
      if (now - windowStart >= window) return 0
      return sent < limit ? 0 : windowStart + window - now
    },
    send(now) {
      if (now - windowStart >= window) {
        windowStart = now
        sent = 0
      }
      sent++
    },
    onResponse: () => {},
  })
}

/** The strict strategy of p-throttle: each request a window after the one `limit` requests before it. It knows the limit. */
export function strictThrottle(limit: number, window = 30_000): Algorithm {
  const sent: number[] = []
  return withRetryAfter({
    wait: (now) => Math.max(0, (sent[sent.length - limit] ?? Number.NEGATIVE_INFINITY) + window - now),
    send(now) {
      sent.push(now)
      if (sent.length > 4 * limit) sent.splice(0, sent.length - limit)
    },
    onResponse: () => {},
  })
}

/** Additive increase of the rate by one request per window every second, halved by every episode of 429. */
export function additive(start = 90, window = 30_000): Algorithm {
  let rate = start
  let next = 0
  let cutAt = Number.NEGATIVE_INFINITY
  return withRetryAfter({
    wait: (now) => Math.max(0, next - now),
    send(now) {
      next = Math.max(now, next) + window / rate
      return now
    },
    onResponse(now, sent, retryAt) {
      if (retryAt === undefined) rate += window / 1000 / rate
      else if ((sent as number) > cutAt) {
        rate = Math.max(1, rate / 2)
        cutAt = now
      }
    },
  })
}

/** The adaptive retry mode of the AWS SDKs: a token bucket whose rate follows CUBIC (beta 0.7, scale 0.4). */
export function cubic(): Algorithm {
  const [beta, scale] = [0.7, 0.4]
  let rate = 0.5
  let capacity = 1
  let tokens = 1
  let filledAt = 0
  let enabled = false
  let lastMax = 0
  let throttledAt = 0
  let window = 0
  let measured = 0
  let bucket = 0
  let count = 0
  const fill = (now: number): void => {
    tokens = Math.min(capacity, tokens + ((now - filledAt) / 1000) * rate)
    filledAt = now
  }
  const set = (now: number, value: number): void => {
    fill(now)
    rate = Math.max(value, 0.5)
    capacity = Math.max(value, 1)
    tokens = Math.min(tokens, capacity)
  }
  return withRetryAfter({
    wait(now) {
      if (!enabled) return 0
      fill(now)
      return tokens >= 1 ? 0 : ((1 - tokens) / rate) * 1000
    },
    send() {
      if (enabled) tokens--
    },
    onResponse(now, _, retryAt) {
      count++
      const halfSeconds = Math.floor(now / 500) / 2
      if (halfSeconds > bucket) {
        measured = (count / (halfSeconds - bucket)) * 0.8 + measured * 0.2
        count = 0
        bucket = halfSeconds
      }
      const seconds = now / 1000
      let calculated: number
      if (retryAt !== undefined) {
        const used = enabled ? Math.min(measured, rate) : measured
        lastMax = used
        window = ((lastMax * (1 - beta)) / scale) ** (1 / 3)
        throttledAt = seconds
        calculated = used * beta
        enabled = true
      } else {
        window = ((lastMax * (1 - beta)) / scale) ** (1 / 3)
        calculated = scale * (seconds - throttledAt - window) ** 3 + lastMax
      }
      set(now, Math.min(calculated, 2 * measured))
    },
  })
}

/** The floor: a sliding window that knows the limit at any time, with a guard for the latency of requests. */
export function slidingWindow(limit: (now: number) => number, window = 30_000, guard = 300): Algorithm {
  const sent: number[] = []
  let head = 0
  return withRetryAfter({
    wait(now) {
      while (head < sent.length && (sent[head] as number) <= now - window - guard) head++
      const over = sent.length - head - limit(now)
      return over < 0 ? 0 : (sent[head + over] as number) + window + guard - now
    },
    send(now) {
      sent.push(now)
    },
    onResponse: () => {},
  })
}
