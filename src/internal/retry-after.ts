const maxDate = 8.64e15

/**
 * The time, in epoch milliseconds, that a `Retry-After` header names (RFC 9110 §10.2.3): seconds or an HTTP date.
 * `undefined` when it is absent, negative or invalid. Never clamped, except to the largest valid date.
 */
export function parseRetryAfter(header: string | null | undefined, now: number): number | undefined {
  const text = header?.trim()
  if (text === undefined || text === '') return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(now + Math.ceil(Number(text) * 1000), maxDate)
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)) return undefined
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(date, now)
}
