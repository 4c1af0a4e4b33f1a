import type { CeilingOptions } from '../options.ts'

/** What is known about the server's limit. Plain numbers, so that it can be stored; times are epoch milliseconds. */
export interface Ceiling {
  /** How many requests per window are let through now. */
  readonly cap: number
  /** The most that the server surely took. */
  readonly proven: number
  /** What it refused; `null` while nothing was refused, so that the cap doubles with every window that is used up. */
  readonly wall: number | null
  /** When the cap may change next at the earliest. */
  readonly steppedAt: number
  /** When a probe above the wall is due. */
  readonly probeAt: number
  /** By how much a probe under way goes up next; 0: none is. */
  readonly step: number
  /** How often the gap below the wall may still be explored before the next probe. */
  readonly trials: number
  /** Counts refusals: answers to requests from before the latest one say nothing new. */
  readonly epoch: number
  /** When sending went on after the latest refusal, and how many came shortly one after the other. */
  readonly epochEnd: number
  readonly row: number
  /** How often a burst was refused although the window had room, and when last. */
  readonly smooth: number
  readonly smoothedAt: number
  /** When the limit was last seen to rise or fall, and what to go back to if a rise was none. */
  readonly changedAt: number
  readonly risenFrom: number
  readonly changedBefore: number
  /** When the wall was met for the first time after a rise. */
  readonly metAt: number
  /** Rises in a row that were none: the server saves up what is not used. */
  readonly mistaken: number
}

/** A refusal, with bounds on what the server had counted by then. */
export interface Refusal {
  /** Accepted requests that it certainly counted. */
  readonly surely: number
  /** Requests that it may have counted, the refused one included. */
  readonly possibly: number
  /** Milliseconds since the oldest request of the window was sent. */
  readonly elapsed: number
  /** Milliseconds until sending goes on. */
  readonly pause: number
}

/** Least spacing as a share of the even one, for each time that a burst was refused. */
export const spacings = [0, 0.5, 0.95] as const
/** What is left of the cap after the second, third, … refusal in a row. */
const retreats = [0.95, 0.85, 0.75] as const
/** Least spacing while the cap grows. */
export const firmly = 0.9
/** The share of the window that needs no spacing. */
const alwaysFree = 0.04
const changeMatters = 7_200_000
const never = -1e15

/** The learned number; while nothing is proven beside a refusal, the cap. */
export function learnedCeiling(ceiling: Ceiling): number {
  return ceiling.wall === null || ceiling.proven < 1 ? ceiling.cap : ceiling.proven
}

/** The rules by which a {@link Ceiling} changes. Pure. */
export class CeilingRules {
  readonly window: number
  readonly #initial: number
  readonly #min: number
  readonly #probeAfter: number
  readonly #probeAfterChange: number

  constructor(options: CeilingOptions = {}) {
    this.window = options.window ?? 30_000
    this.#initial = options.initialCeiling ?? 90
    this.#min = options.minCeiling ?? Math.min(5, this.#initial)
    this.#probeAfter = options.probeAfter ?? 1_800_000
    this.#probeAfterChange = options.probeAfterChange ?? 480_000
  }

  initial(): Ceiling {
    return {
      cap: this.#initial,
      proven: 0,
      wall: null,
      steppedAt: never,
      probeAt: never,
      step: 0,
      trials: 0,
      epoch: 0,
      epochEnd: never,
      row: 0,
      smooth: 0,
      smoothedAt: never,
      changedAt: never,
      risenFrom: 0,
      changedBefore: never,
      metAt: never,
      mistaken: 0,
    }
  }

  /** A ceiling that stays where it is until something is refused. */
  pinned(cap: number): Ceiling {
    return { ...this.initial(), cap, proven: cap, wall: cap + 1, probeAt: -never }
  }

  /** A ceiling that was stored, if `value` is one. */
  restored(value: unknown, now: number): Ceiling | undefined {
    if (typeof value !== 'object' || value === null) return undefined
    const stored = value as Record<string, unknown>
    const ceiling: Record<string, number | null> = {}
    for (const [key, initial] of Object.entries(this.initial())) {
      const field = stored[key] ?? initial
      if (field !== null && !(typeof field === 'number' && Number.isFinite(field))) return undefined
      ceiling[key] = field as number | null
    }
    const known = ceiling as unknown as Ceiling
    if (!(known.cap >= 1) || known.proven < 0) return undefined
    // The running window is not known in full: what it shows counts from now on.
    return { ...known, steppedAt: now, step: 0, cap: learnedCeiling(known) }
  }

  /** Milliseconds between two requests when `count` are in the window: half of it is free, then ever closer to even. */
  spacing(ceiling: Ceiling, count: number): number {
    const used = count / ceiling.cap
    if (used < alwaysFree) return 0
    let least: number = spacings[ceiling.smooth] ?? 0
    let free = (1 - least) / 2
    if (ceiling.wall === null && ceiling.proven > 0) {
      // What lies beyond the proven number is new ground: a burst into it would tell little about the limit.
      least = Math.max(least, firmly)
      free = Math.min(free, ceiling.proven / (2 * ceiling.cap))
    }
    if (used < free) return 0
    return (this.window / ceiling.cap) * Math.max(least, (used - free) / (1 - free))
  }

  /**
   * The window is full, its oldest request sent `elapsed` milliseconds ago. A cap that was used for a whole window
   * without a refusal is proven, and may grow.
   */
  full(ceiling: Ceiling, elapsed: number, now: number): Ceiling {
    if (now - ceiling.steppedAt < this.window || elapsed < this.window * 0.9) return ceiling
    const { cap, wall } = ceiling
    const next = { ...ceiling, steppedAt: now, proven: Math.max(ceiling.proven, cap) }
    if (wall === null) return { ...next, cap: cap * 2 }
    if (ceiling.step > 0 && cap > wall * 1.04 + 1) {
      const { proven, changedAt } = ceiling
      const risenFrom = Math.min(wall, proven)
      return { ...next, wall: null, step: 0, cap: cap * 2, changedAt: now, risenFrom, changedBefore: changedAt }
    }
    const gap = wall - 1 - cap
    if (ceiling.step === 0 && ceiling.trials > 0 && gap > wall * 0.02) {
      return { ...next, cap: cap + Math.max(1, Math.floor(gap / 2)) }
    }
    if (ceiling.step === 0 && now < ceiling.probeAt) return next
    const step = ceiling.step === 0 ? Math.max(1, Math.floor(cap * 0.02)) : ceiling.step * 2
    const sure = ceiling.step === 0 && ceiling.risenFrom > 0 && { risenFrom: 0, mistaken: 0 }
    const forgive = ceiling.smooth > 0 && now - ceiling.smoothedAt > changeMatters
    return { ...next, cap: cap + step, step, ...sure, ...(forgive && { smooth: ceiling.smooth - 1, smoothedAt: now }) }
  }

  /** The server refused a request of the current epoch. */
  refused(ceiling: Ceiling, refusal: Refusal, now: number): Ceiling {
    const { surely, possibly, pause } = refusal
    const { window } = this
    const row = now - ceiling.epochEnd < window ? ceiling.row + 1 : 0
    const epochEnd = now + pause
    const next = { ...ceiling, row, epoch: ceiling.epoch + 1, epochEnd, steppedAt: epochEnd, step: 0 }
    const retreat = Math.floor(ceiling.cap * (retreats[Math.min(row, retreats.length) - 1] ?? 0.85))
    // A place is free before anything has left the window: it was the burst, or the pace, that was refused.
    if (refusal.elapsed + pause < window * 0.75) {
      if (ceiling.smooth < spacings.length - 1) return { ...next, smooth: ceiling.smooth + 1, smoothedAt: now }
      const cap = Math.max(this.#min, retreat)
      const probeAt = epochEnd + this.#probeAfter
      return {
        ...next,
        smoothedAt: now,
        cap,
        proven: Math.min(ceiling.proven, cap),
        wall: ceiling.cap,
        trials: 2,
        probeAt,
      }
    }
    const above = ceiling.cap > ceiling.proven
    let proven = Math.min(surely, ceiling.proven - 1)
    if (row > 0) proven = Math.min(surely, retreat)
    else if (above && possibly > ceiling.proven) proven = Math.max(surely, ceiling.proven)
    proven = Math.max(proven, this.#min)
    return {
      ...next,
      ...this.#judged(ceiling, proven, pause, now),
      proven,
      cap: proven,
      wall: Math.max(possibly, proven + 1),
    }
  }

  /** Whether the limit has changed, and so how soon to look above the wall again. */
  #judged(ceiling: Ceiling, proven: number, pause: number, now: number): Partial<Ceiling> {
    const metAt = ceiling.wall === null ? now : ceiling.metAt
    const fell = proven < ceiling.proven * 0.85
    let { changedAt, risenFrom, mistaken, trials } = ceiling
    if (risenFrom > 0 && proven < risenFrom * 1.04) {
      changedAt = ceiling.changedBefore
      risenFrom = 0
      mistaken++
    } else if (fell && now - metAt >= 10 * this.window) {
      changedAt = now
      mistaken = 0
    }
    if (fell || ceiling.wall === null) trials = 2
    else if (ceiling.cap > ceiling.proven && ceiling.step === 0) trials--
    const lately = now - changedAt < changeMatters
    const wait = lately ? this.#probeAfterChange : this.#probeAfter * Math.min(2 ** mistaken, 4)
    // A probe that costs a long pause is worth making less often.
    const cost = ceiling.step > 0 || pause >= this.window ? Math.min(1 + pause / this.window, 2) : 1
    const probeAt = now + pause + wait * cost
    return { metAt, changedAt, risenFrom, mistaken, trials, probeAt }
  }
}
