/** Splits a `scope` value (RFC 6749 §3.3), without repetitions, in order. */
export function parseScopes(value: string, separator = ' '): readonly string[] {
  return [...new Set(value.split(separator).filter((scope) => scope !== ''))]
}
