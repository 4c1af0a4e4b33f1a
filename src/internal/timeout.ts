/** A signal that aborts after a time. Call `done()` when the work has ended. */
interface Timeout {
  readonly signal: AbortSignal
  done(): void
}

/**
 * Aborts after `ms` with `reason()`, or with the reason of `signal` when that aborts first. Unlike `AbortSignal.timeout`
 * it keeps neither a timer nor a listener after `done()`, and keeps the process alive until then.
 */
export function timeoutSignal(ms: number, signal?: AbortSignal, reason?: () => unknown): Timeout {
  const controller = new AbortController()
  const follow = (): void => controller.abort(signal?.reason)
  const timer = setTimeout(() => controller.abort(reason?.()), ms)
  if (signal?.aborted) follow()
  else signal?.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    done() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', follow)
    },
  }
}

/**
 * Aborts with `reason()` after `ms` in which the process ran. The time is counted in slices, because a single timer is
 * overdue when a suspended process goes on and would fire before the response that has arrived meanwhile is read. With
 * slices, only the current one is overdue.
 */
export function runningTimeSignal(ms: number, reason: () => unknown): Timeout {
  const controller = new AbortController()
  const slice = Math.max(1, Math.min(500, Math.ceil(ms / 4)))
  let left = ms
  let timer: ReturnType<typeof setTimeout>
  const wait = (): void => {
    const step = Math.min(slice, left)
    timer = setTimeout(() => {
      left -= step
      if (left > 0) wait()
      else controller.abort(reason())
    }, step)
  }
  wait()
  return { signal: controller.signal, done: () => clearTimeout(timer) }
}

/** Settles as `promise` does, unless `signal` aborts or `ms` pass first: then it rejects with the signal's reason or `timeoutError()`. */
export function withTimeout<T>(
  promise: Promise<T>,
  ms: number,
  timeoutError: () => unknown,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    const abort = (): void => {
      end()
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      end()
      reject(timeoutError())
    }, ms)
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
    promise.then(
      (value) => {
        end()
        resolve(value)
      },
      (error: unknown) => {
        end()
        reject(error)
      },
    )
  })
}

/** The promise's value if it settles within `ms`; `undefined` otherwise. A rejection within that time is passed on. */
export async function settleWithin<T>(promise: Promise<T>, ms: number): Promise<{ readonly value: T } | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const expired = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise.then((value) => ({ value })), expired])
  } finally {
    clearTimeout(timer)
  }
}
