import { invalidArgument } from '../errors.ts'
import type { FakeClock } from './clock.ts'
import { hash } from './random.ts'
import { apiError, empty, html, oauthError, text } from './response.ts'

/** The parts of a request that fault rules match on. */
interface FaultSubject {
  readonly method: string
  /** As sent by the client, `/v1/me/tracks` or `/api/token`, without the query. */
  readonly path: string
  readonly userId?: string | undefined
  readonly clientId?: string | undefined
  readonly grantType?: string | undefined
}

/** Which requests fail, and how. All conditions must match; effects can be combined. */
export interface FaultRule {
  /** `/v1/me/tracks`, with `*` as a wildcard, or a regular expression. `/me/tracks` means the same as `/v1/me/tracks`. */
  readonly path?: string | RegExp | undefined
  readonly method?: string | undefined
  readonly user?: string | undefined
  readonly clientId?: string | undefined
  /** For the token endpoint: `authorization_code`, `refresh_token` or `client_credentials`. */
  readonly grantType?: string | undefined
  /** Number of matching requests that succeed first. @default 0 */
  readonly after?: number | undefined
  /** Number of requests that fail. @default 1, or Infinity with `probability` or `until` */
  readonly times?: number | undefined
  /** 0 to 1, from a generator seeded by the fake's seed. @default 1 */
  readonly probability?: number | undefined
  /** Epoch milliseconds of the fake's clock. */
  readonly from?: number | undefined
  readonly until?: number | undefined

  /** Responds with this status instead of handling the request. */
  readonly status?: number | undefined
  /** `json` is Spotify's error object; `text`, `html` and `empty` are what proxies send; `content` is sent unchanged. @default 'json' */
  readonly body?: 'json' | 'text' | 'html' | 'empty' | { readonly content: string; readonly type?: string } | undefined
  /** The error object's message and reason. */
  readonly message?: string | undefined
  readonly reason?: string | undefined
  /** Seconds, or any text, in a `Retry-After` header. */
  readonly retryAfter?: number | string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Milliseconds of the fake's clock before the request is handled. */
  readonly delay?: number | undefined
  /**
   * Breaks the connection: `before` the request is handled, in the `middle` of the response body, or `after` the request
   * took effect but before the response.
   */
  readonly cut?: 'before' | 'middle' | 'after' | undefined
  /** Handles the request twice and responds once, like a proxy that repeats a request. */
  readonly duplicate?: boolean | undefined
  /** Responds to a valid refresh token with `invalid_grant`, as Spotify did during an incident. */
  readonly invalidGrant?: boolean | undefined
  /** Milliseconds by which Spotify's clock is ahead: tokens expire earlier and the `Date` header shows that time. */
  readonly clockSkew?: number | undefined
}

/** An active rule. */
export interface Fault {
  readonly rule: FaultRule
  /** Number of requests it applied to. */
  readonly hits: number
  /** Removes the fault. */
  remove(): void
}

/** The active faults, in the order in which they were added. */
export class Faults {
  #entries: { readonly rule: FaultRule; readonly count: { seen: number; hits: number }; readonly handle: Fault }[] = []
  readonly #seed: number
  #draws = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  get all(): readonly Fault[] {
    return this.#entries.map(({ handle }) => handle)
  }

  /** @throws TypeError for a rule with an unknown member or without an effect. */
  add(rule: FaultRule): Fault {
    checkRule(rule)
    const count = { seen: 0, hits: 0 }
    const handle: Fault = {
      rule,
      get hits() {
        return count.hits
      },
      remove: () => {
        this.#entries = this.#entries.filter((other) => other.handle !== handle)
      },
    }
    this.#entries.push({ rule, count, handle })
    return handle
  }

  clear(): void {
    this.#entries = []
  }

  /** The rules that apply to this request. Each match counts as a hit. */
  match(subject: FaultSubject, clock: FakeClock): readonly FaultRule[] {
    if (this.#entries.length === 0) return []
    const matched: FaultRule[] = []
    for (const { rule, count } of this.#entries) {
      if (!matches(rule, subject, clock.now())) continue
      count.seen++
      const unlimited = rule.probability !== undefined || rule.until !== undefined
      if (count.seen <= (rule.after ?? 0) || count.hits >= (rule.times ?? (unlimited ? Number.POSITIVE_INFINITY : 1)))
        continue
      if (rule.probability !== undefined && hash(this.#seed, ++this.#draws) / 2 ** 32 >= rule.probability) continue
      count.hits++
      matched.push(rule)
    }
    return matched
  }
}

const conditions = [
  ...['path', 'method', 'user', 'clientId', 'grantType', 'after', 'times', 'probability', 'from', 'until'],
  ...['body', 'message', 'reason', 'retryAfter', 'headers'],
]
const effects = ['status', 'delay', 'cut', 'duplicate', 'invalidGrant', 'clockSkew']

/** A misspelt rule would never match, and the test would pass for the wrong reason. */
function checkRule(rule: FaultRule): void {
  const members = Object.entries(rule).flatMap(([key, value]) => (value === undefined ? [] : [key]))
  const unknown = members.find((key) => !conditions.includes(key) && !effects.includes(key))
  if (unknown !== undefined) throw invalidArgument(`a fault has no member ${unknown}`)
  if (!members.some((key) => effects.includes(key)))
    throw invalidArgument(`a fault needs an effect: one of ${effects.join(', ')}`)
}

function matches(rule: FaultRule, subject: FaultSubject, now: number): boolean {
  return (
    (rule.method === undefined || rule.method.toUpperCase() === subject.method) &&
    (rule.path === undefined || pathMatches(rule.path, subject.path)) &&
    (rule.user === undefined || rule.user === subject.userId) &&
    (rule.clientId === undefined || rule.clientId === subject.clientId) &&
    (rule.grantType === undefined || rule.grantType === subject.grantType) &&
    (rule.invalidGrant !== true || subject.grantType === 'refresh_token') &&
    (rule.from === undefined || now >= rule.from) &&
    (rule.until === undefined || now < rule.until)
  )
}

/** Whether the pattern of a rule or filter matches a path. */
export function pathMatches(pattern: string | RegExp, path: string): boolean {
  if (pattern instanceof RegExp) return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).test(path)
  if (!pattern.includes('*')) return path === pattern || path === `/v1${pattern}`
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^(/v1)?${parts.join('.*')}$`).test(path)
}

/** The response that a rule substitutes for the real one, if any. */
export function substituteResponse(rule: FaultRule): Response | undefined {
  if (rule.invalidGrant === true) return oauthError('invalid_grant', 'Refresh token revoked')
  const { status } = rule
  if (status === undefined) return undefined
  const retryAfter = rule.retryAfter === undefined ? {} : { 'retry-after': String(rule.retryAfter) }
  const headers = { ...retryAfter, ...rule.headers }
  if (status === 204 || status === 205 || status === 304) return empty(status, headers)
  const message = rule.message ?? messages[status] ?? 'Something went wrong'
  switch (rule.body) {
    case 'text':
      return text(status, rule.message ?? plainMessages[status] ?? message, headers)
    case 'html':
      return html(status, `<html><head><title>${status}</title></head><body><h1>${message}</h1></body></html>`, headers)
    case 'empty':
      return empty(status, headers)
    case 'json':
    case undefined:
      return apiError(status, message, { reason: rule.reason, headers })
    default:
      return text(status, rule.body.content, { 'content-type': rule.body.type ?? 'application/json', ...headers })
  }
}

const messages: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'The access token expired',
  403: 'Forbidden',
  404: 'Resource not found',
  429: 'API rate limit exceeded',
  500: 'Server error',
  502: 'Bad gateway.',
  503: 'Service unavailable',
  504: 'Gateway timeout',
}
const plainMessages: Readonly<Record<number, string>> = { 429: 'Too many requests', 504: 'upstream request timeout' }
