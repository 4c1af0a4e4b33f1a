/** Runs jobs under a limit that it learns from their outcomes. */
export interface Limiter {
  /**
   * Waits for a slot, then runs `job` once. Cooldowns are checked inside the slot, so a job that queued through a pause sees it.
   * @param options.scope name of a group of operations with a quota of its own; rate limits always pause all scopes
   * @param options.maxWait milliseconds the call may spend waiting; a longer wait fails at once with `API_RATE_LIMITED`
   *   or `API_QUOTA_EXCEEDED` and `retryAt`
   * @throws SpotifyApiError `API_RATE_LIMITED`, `API_QUOTA_EXCEEDED`, `API_QUEUE_FULL`, `API_CLOSED`
   */
  schedule<T>(job: (slot: Slot) => Promise<T>, options?: ScheduleOptions): Promise<T>
  /** The current state of the limiter. */
  state(): LimiterState
  /** Adds a listener and returns the function that removes it. */
  on<E extends keyof LimiterEvents>(event: E, listener: (payload: LimiterEvents[E]) => void): () => void
  /**
   * Adds a listener for every event, also those that {@link LimiterEvents} does not name. Returns the function that
   * removes it. Optional: of a limiter without it, a client forwards the events of `LimiterEvents` only.
   */
  onAny?(listener: <E extends keyof LimiterEvents>(event: E, payload: LimiterEvents[E]) => void): () => void
  /** Fails the waiting calls with `API_CLOSED`; resolves when the running jobs have settled. */
  close(): Promise<void>
}

/** How one job is scheduled. */
export interface ScheduleOptions {
  readonly signal?: AbortSignal | undefined
  /** The group of operations whose quota the job counts for. @default '*' */
  readonly scope?: string | undefined
  /** Milliseconds that the job may wait. @default the limiter's `maxWait` */
  readonly maxWait?: number | undefined
}

/** Through this a running job reports to the limiter. */
export interface Slot {
  /**
   * The server responded 429. `retryAt` is epoch milliseconds, absent if the response has none: then the limiter chooses
   * 60 seconds for the first, doubling. `scope` names the group for `reason: 'quota'`; a rate limit always pauses all scopes.
   * @returns epoch milliseconds until which the scope is paused
   */
  throttled(info: {
    readonly retryAt?: number | undefined
    readonly scope: string
    readonly reason: 'rate' | 'quota'
  }): number
  /** Nothing was sent (the circuit was open, there was no token): the place in the window is free again. */
  unsent(): void
}

/** A snapshot that can be stored as JSON and passed as `restore`. Times are epoch milliseconds. */
export interface LimiterState {
  /** The learned number of requests per window. */
  readonly ceiling: number
  /** The current number of requests that the limiter allows per window. */
  readonly cap: number
  /** Milliseconds. */
  readonly window: number
  /** Requests sent in the trailing window. */
  readonly inWindow: number
  readonly running: number
  readonly queued: number
  readonly cooldowns: readonly Cooldown[]
  /** What the window has learned, opaque to callers. */
  readonly learned?: Readonly<Record<string, unknown>> | undefined
}

/** A pause. `until` is epoch milliseconds. */
export interface Cooldown {
  /** `*` for the whole application, else a group of operations. */
  readonly scope: string
  readonly until: number
  readonly reason: 'rate' | 'quota'
}

/** The events of a limiter. Times are epoch milliseconds. */
export interface LimiterEvents {
  'limiter.paused': { readonly scope: string; readonly until: number; readonly reason: 'rate' | 'quota' }
  'limiter.resumed': { readonly scope: string }
  'limiter.ceiling_changed': { readonly ceiling: number; readonly previous: number }
  /** A shared limiter lost its connection and works alone at a share of the ceiling; `false` once it is connected again. */
  'limiter.degraded': { readonly degraded: boolean }
}

/** The events of a circuit breaker. `circuit` is its name: `api` or `token`. */
export interface CircuitEvents {
  'circuit.opened': { readonly circuit: string; readonly retryAt: number }
  'circuit.closed': { readonly circuit: string }
}
