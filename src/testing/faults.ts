import { invalidArgument } from '../errors.ts'
import { apiError, empty, html, oauthError, text } from './answer.ts'
import type { FakeClock } from './clock.ts'
import { hash } from './random.ts'

/** What a fault looks at to decide whether it strikes. */
export interface FaultSubject {
  readonly method: string
  /** As the caller sent it, `/v1/me/tracks` or `/api/token`, without the query. */
  readonly path: string
  readonly userId?: string | undefined
  readonly clientId?: string | undefined
  readonly grantType?: string | undefined
}

/** Which requests go wrong, and how. Conditions all have to hold; effects can be combined. */
export interface FaultRule {
  /** `/v1/me/tracks`, with `*` for anything, or an expression. `/me/tracks` means the same as `/v1/me/tracks`. */
  readonly path?: string | RegExp | undefined
  readonly method?: string | undefined
  readonly user?: string | undefined
  readonly clientId?: string | undefined
  /** For the token endpoint: `authorization_code`, `refresh_token` or `client_credentials`. */
  readonly grantType?: string | undefined
  /** How many matching requests pass first. @default 0 */
  readonly after?: number | undefined
  /** How many requests it strikes. @default 1, or Infinity when `probability` or `until` is given */
  readonly times?: number | undefined
  /** 0 to 1, drawn from the fake's seed. @default 1 */
  readonly probability?: number | undefined
  /** Epoch milliseconds of the fake's clock. */
  readonly from?: number | undefined
  readonly until?: number | undefined

  /** Answers with this instead of doing what was asked. */
  readonly status?: number | undefined
  /** `json` is Spotify's error object, the others are what proxies and the edge send. Anything else is sent as it is. @default 'json' */
  readonly body?: 'json' | 'text' | 'html' | 'empty' | { readonly content: string; readonly type?: string } | undefined
  /** The error object's message and reason. */
  readonly message?: string | undefined
  readonly reason?: string | undefined
  /** Seconds, or any text, in a `Retry-After` header. */
  readonly retryAfter?: number | string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Milliseconds of the fake's clock before anything happens. */
  readonly delay?: number | undefined
  /**
   * Breaks the connection: `before` nothing is done, in the `middle` of the answer's body, or `after` the request took
   * effect but without an answer.
   */
  readonly cut?: 'before' | 'middle' | 'after' | undefined
  /** Does what was asked twice and answers once, as a proxy does that repeats a request. */
  readonly duplicate?: boolean | undefined
  /** Answers a good refresh token with `invalid_grant`, as Spotify once did to everybody. */
  readonly invalidGrant?: boolean | undefined
  /** Milliseconds by which Spotify's clock is ahead: tokens die earlier and the `Date` header tells another time. */
  readonly clockSkew?: number | undefined
}

/** A rule at work. */
export interface Fault {
  readonly rule: FaultRule
  /** How often it struck. */
  readonly hits: number
  /** Ends the fault. */
  remove(): void
}

/** The faults that are set, in the order in which they were. */
export class Faults {
  #entries: { rule: FaultRule; seen: number; hits: number; handle: Fault }[] = []
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
    const entry = { rule, seen: 0, hits: 0, handle: undefined as unknown as Fault }
    const remove = (): void => {
      this.#entries = this.#entries.filter((other) => other !== entry)
    }
    entry.handle = {
      rule,
      get hits() {
        return entry.hits
      },
      remove,
    }
    this.#entries.push(entry)
    return entry.handle
  }

  clear(): void {
    this.#entries = []
  }

  /** The rules that strike this request. Asking counts as a strike. */
  strike(subject: FaultSubject, clock: FakeClock): readonly FaultRule[] {
    if (this.#entries.length === 0) return []
    const struck: FaultRule[] = []
    for (const entry of this.#entries) {
      const { rule } = entry
      if (!matches(rule, subject, clock.now())) continue
      entry.seen++
      const open = rule.probability !== undefined || rule.until !== undefined
      if (entry.seen <= (rule.after ?? 0) || entry.hits >= (rule.times ?? (open ? Number.POSITIVE_INFINITY : 1)))
        continue
      if (rule.probability !== undefined && hash(this.#seed, ++this.#draws) / 2 ** 32 >= rule.probability) continue
      entry.hits++
      struck.push(rule)
    }
    return struck
  }
}

const conditions = [
  ...['path', 'method', 'user', 'clientId', 'grantType', 'after', 'times', 'probability', 'from', 'until'],
  ...['body', 'message', 'reason', 'retryAfter', 'headers'],
]
const effects = ['status', 'delay', 'cut', 'duplicate', 'invalidGrant', 'clockSkew']

/** A misspelt rule would never strike, and the test would pass for the wrong reason. */
function checkRule(rule: FaultRule): void {
  const given = Object.entries(rule).flatMap(([key, value]) => (value === undefined ? [] : [key]))
  const unknown = given.find((key) => !conditions.includes(key) && !effects.includes(key))
  if (unknown !== undefined) throw invalidArgument(`a fault has no member ${unknown}`)
  if (!given.some((key) => effects.includes(key)))
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

/** Whether a pattern of a rule or filter covers a path. */
export function pathMatches(pattern: string | RegExp, path: string): boolean {
  if (pattern instanceof RegExp) return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).test(path)
  if (!pattern.includes('*')) return path === pattern || path === `/v1${pattern}`
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^(/v1)?${parts.join('.*')}$`).test(path)
}

/** The answer that a rule gives in place of the real one, if it gives one. */
export function substitute(rule: FaultRule): Response | undefined {
  if (rule.invalidGrant === true) return oauthError('invalid_grant', 'Refresh token revoked')
  const { status } = rule
  if (status === undefined) return undefined
  const retryAfter = rule.retryAfter === undefined ? {} : { 'retry-after': String(rule.retryAfter) }
  const headers = { ...retryAfter, ...rule.headers }
  if (status === 204 || status === 205 || status === 304) return empty(status, headers)
  const message = rule.message ?? messages[status] ?? 'Something went wrong'
  switch (rule.body) {
    case 'text':
      return text(status, rule.message ?? plain[status] ?? message, headers)
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
const plain: Readonly<Record<number, string>> = { 429: 'Too many requests', 504: 'upstream request timeout' }
