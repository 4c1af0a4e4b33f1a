/** A random part of `ms`, so that retries of many callers do not happen at the same time. */
export function jitter(ms: number): number {
  return ((crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32) * ms
}
