import { apiError, empty, text } from './response.ts'

/** How the fake limits requests. */
export interface LimitOptions {
  /** Calls that one application may make in any `window`. */
  readonly requests?: number | undefined
  /** Milliseconds, rolling. @default 30000 */
  readonly window?: number | undefined
  /** Milliseconds that every refused call adds to the pause. @default 0 */
  readonly penalty?: number | undefined
  /** The body of a 429. Spotify has sent each of these. @default 'json' */
  readonly body?: 'json' | 'text' | 'empty' | undefined
  /**
   * Calls per rolling 24 hours in a group of endpoints, counted over all users: development mode's quota. Groups are
   * `me`, `library`, `playlists`, `search`, `artists`, `albums`, `tracks`, `shows`, `player` and `other`.
   */
  readonly quota?: Readonly<Partial<Record<QuotaGroup, number>>> | undefined
}

const quotaGroups = [
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

function quotaGroup(path: string): QuotaGroup {
  const [, first = '', second = ''] = path.split('/')
  if (path.includes('playlists')) return 'playlists'
  if (first === 'me') return second === 'player' ? 'player' : second === '' || second === 'top' ? 'me' : 'library'
  if (first === 'shows' || first === 'episodes') return 'shows'
  return quotaGroups.find((group) => group === first) ?? 'other'
}

/** Times of the calls of one application in a rolling window. */
class RollingWindow {
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

  /** The time of the call at `depth` from the end; 1 is the newest. */
  at(depth: number): number {
    return this.#times[this.#times.length - depth] ?? 0
  }
}

const day = 86_400_000

/** Spotify's two limits: a rolling window per application, and a daily quota per group of endpoints. */
export class Limits {
  readonly #options: LimitOptions
  readonly #windows = new Map<string, RollingWindow>()
  readonly #pausedUntil = new Map<string, number>()

  constructor(options: LimitOptions) {
    this.#options = options
  }

  /** Counts a call, or returns a 429 response. `path` is relative to the API's base. */
  check(clientId: string, path: string, hasQuota: boolean, now: number): Response | undefined {
    const { requests, window = 30_000, penalty = 0, quota } = this.#options
    if (requests !== undefined) {
      const calls = this.#windowOf(clientId)
      const pausedUntil = this.#pausedUntil.get(clientId) ?? 0
      const full = calls.count(now - window) >= requests
      if (full || now < pausedUntil) {
        const freeAt = full ? calls.at(requests) + window : now
        const until = Math.max(freeAt, pausedUntil) + penalty
        if (penalty > 0) this.#pausedUntil.set(clientId, until)
        return this.#refusal(Math.max(1, Math.ceil((until - now) / 1000)))
      }
      calls.add(now)
    }
    const group = quotaGroup(path)
    const allowed = hasQuota ? quota?.[group] : undefined
    if (allowed === undefined) return undefined
    const calls = this.#windowOf(`${clientId} ${group}`)
    if (calls.count(now - day) >= allowed) {
      const seconds = Math.max(1, Math.ceil((calls.at(allowed) + day - now) / 1000))
      const headers = { 'retry-after': String(seconds) }
      return apiError(429, 'Too many requests', { reason: 'QUOTA_EXCEEDED', headers })
    }
    calls.add(now)
    return undefined
  }

  #windowOf(key: string): RollingWindow {
    const calls = this.#windows.get(key) ?? new RollingWindow()
    this.#windows.set(key, calls)
    return calls
  }

  #refusal(seconds: number): Response {
    const headers = { 'retry-after': String(seconds) }
    const { body = 'json' } = this.#options
    if (body === 'text') return text(429, 'Too many requests', headers)
    if (body === 'empty') return empty(429, headers)
    return apiError(429, 'API rate limit exceeded', { headers })
  }
}
