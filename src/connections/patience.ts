/**
 * Aborts after `ms` of running time, counted in slices: while the process is stopped only the current slice passes, so
 * an answer that came in meanwhile is read before it is given up.
 */
export function patience(ms: number): { readonly signal: AbortSignal; readonly over: () => boolean; done(): void } {
  const controller = new AbortController()
  const slice = Math.max(1, Math.min(500, Math.ceil(ms / 4)))
  let left = ms
  let timer: ReturnType<typeof setTimeout>
  const wait = (): void => {
    const step = Math.min(slice, left)
    timer = setTimeout(() => {
      left -= step
      if (left > 0) wait()
      else controller.abort(new DOMException('The token request took too long.', 'TimeoutError'))
    }, step)
  }
  wait()
  return { signal: controller.signal, over: () => controller.signal.aborted, done: () => clearTimeout(timer) }
}

/** The promise's value if it settles within `ms`; `undefined` otherwise. A rejection within that time is passed on. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<{ readonly value: T } | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise.then((value) => ({ value })), late])
  } finally {
    clearTimeout(timer)
  }
}
