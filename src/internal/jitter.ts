/** A random part of `ms`, so that those who try again do not all do so at the same moment. */
export function jitter(ms: number): number {
  return ((crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32) * ms
}
