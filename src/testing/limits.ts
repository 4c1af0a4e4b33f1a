import { apiError, empty, text } from './answer.ts'

/** How the fake limits requests. */
export interface LimitOptions {
  /** Calls that one application may make in any `window`. */
  readonly requests?: number | undefined
  /** Milliseconds, rolling. @default 30000 */
  readonly window?: number | undefined
  /** Milliseconds that every refused call adds to the pause, for servers that punish. @default 0 */
  readonly penalty?: number | undefined
  /** What a refusal looks like. All of these have been seen. @default 'json' */
  readonly body?: 'json' | 'text' | 'empty' | undefined
  /**
   * Calls per rolling 24 hours in a group of endpoints, counted over all users: development mode's quota. Groups are
   * `me`, `library`, `playlists`, `search`, `artists`, `albums`, `tracks`, `shows`, `player` and `other`.
   */
  readonly quota?: Readonly<Partial<Record<QuotaGroup, number>>> | undefined
}

export const quotaGroups = [
  'me',
  'library',
  'playlists',
  'search',
  'artists',
  'albums',
  'tracks',
  'shows',
  'player',
  'other',
] as const
/** A group of operations with a quota of its own. */
export type QuotaGroup = (typeof quotaGroups)[number]

export function quotaGroup(path: string): QuotaGroup {
  const [, head = '', next = ''] = path.split('/')
  if (path.includes('playlists')) return 'playlists'
  if (head === 'me') return next === 'player' ? 'player' : next === '' || next === 'top' ? 'me' : 'library'
  if (head === 'shows' || head === 'episodes') return 'shows'
  return quotaGroups.find((group) => group === head) ?? 'other'
}

/** Times of the calls of one application in one rolling span. */
class Tally {
  #times: number[] = []
  #from = 0

  count(since: number): number {
    while (this.#from < this.#times.length && (this.#times[this.#from] as number) <= since) this.#from++
    if (this.#from > 4096) {
      this.#times = this.#times.slice(this.#from)
      this.#from = 0
    }
    return this.#times.length - this.#from
  }

  add(at: number): void {
    this.#times.push(at)
  }

  /** When the call that stands `depth` places before the newest happened. */
  at(depth: number): number {
    return this.#times[this.#times.length - depth] ?? 0
  }
}

const day = 86_400_000

/** Spotify's two limits: a rolling window per application, and a daily quota per group of endpoints. */
export class Limits {
  readonly #options: LimitOptions
  readonly #tallies = new Map<string, Tally>()
  readonly #paused = new Map<string, number>()

  constructor(options: LimitOptions) {
    this.#options = options
  }

  /** Counts a call, or answers it with 429. `path` is relative to the API's base. */
  check(clientId: string, path: string, hasQuota: boolean, now: number): Response | undefined {
    const { requests, window = 30_000, penalty = 0, quota } = this.#options
    if (requests !== undefined) {
      const tally = this.#tally(clientId)
      const paused = this.#paused.get(clientId) ?? 0
      const full = tally.count(now - window) >= requests
      if (full || now < paused) {
        const free = full ? tally.at(requests) + window : now
        const until = Math.max(free, paused) + penalty
        if (penalty > 0) this.#paused.set(clientId, until)
        return this.#refusal(Math.max(1, Math.ceil((until - now) / 1000)))
      }
      tally.add(now)
    }
    const group = quotaGroup(path)
    const allowed = hasQuota ? quota?.[group] : undefined
    if (allowed === undefined) return undefined
    const tally = this.#tally(`${clientId} ${group}`)
    if (tally.count(now - day) >= allowed) {
      const seconds = Math.max(1, Math.ceil((tally.at(allowed) + day - now) / 1000))
      const headers = { 'retry-after': String(seconds) }
      return apiError(429, 'Too many requests', { reason: 'QUOTA_EXCEEDED', headers })
    }
    tally.add(now)
    return undefined
  }

  #tally(key: string): Tally {
    const known = this.#tallies.get(key) ?? new Tally()
    this.#tallies.set(key, known)
    return known
  }

  #refusal(seconds: number): Response {
    const headers = { 'retry-after': String(seconds) }
    const { body = 'json' } = this.#options
    if (body === 'text') return text(429, 'Too many requests', headers)
    if (body === 'empty') return empty(429, headers)
    return apiError(429, 'API rate limit exceeded', { headers })
  }
}
