import { isObject } from '../../internal/is-object.ts'
import type { CeilingOptions } from '../options.ts'
import { type Ceiling, learnedCeiling } from './ceiling.ts'

/** A refusal, with bounds on how many requests the server had counted by then. */
interface Refusal {
  /** Accepted requests that it certainly counted. */
  readonly atLeast: number
  /** Requests that it may have counted, the refused one included. */
  readonly atMost: number
  /** Milliseconds since the oldest request of the window was sent. */
  readonly elapsed: number
  /** Milliseconds until sending resumes. */
  readonly pause: number
}

/** Least spacing as a share of even spacing, by spacing level. */
export const spacings = [0, 0.5, 0.95] as const
/** Factors of the cap after the second, third, … consecutive refusal. */
const backoffFactors = [0.95, 0.85, 0.75] as const
/** Least spacing while the cap grows, as a share of even spacing. */
export const minSpacing = 0.9
/** The share of the window that needs no spacing. */
const unspacedShare = 0.04
/** Milliseconds for which a change of the limit counts as recent. */
const recentChange = 7_200_000
const distantPast = -1e15

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
      upperBound: null,
      capChangedAt: distantPast,
      probeAt: distantPast,
      step: 0,
      trialsLeft: 0,
      epoch: 0,
      resumedAt: distantPast,
      consecutiveRefusals: 0,
      spacingLevel: 0,
      spacingLevelAt: distantPast,
      limitChangedAt: distantPast,
      risenFrom: 0,
      previousLimitChangeAt: distantPast,
      upperBoundFoundAt: distantPast,
      falseRises: 0,
    }
  }

  /** A ceiling that does not change until a request is refused. */
  pinned(cap: number): Ceiling {
    return { ...this.initial(), cap, proven: cap, upperBound: cap + 1, probeAt: -distantPast }
  }

  /** A ceiling that was stored, if `value` is one. */
  restored(value: unknown, now: number): Ceiling | undefined {
    if (!isObject(value)) return undefined
    const ceiling: { -readonly [K in keyof Ceiling]: number | null } = this.initial()
    for (const key of Object.keys(ceiling) as (keyof Ceiling)[]) {
      const field = value[key] ?? ceiling[key]
      if (field !== null && !(typeof field === 'number' && Number.isFinite(field))) return undefined
      ceiling[key] = field
    }
    // `null` remains only where the initial ceiling has it.
    const known = ceiling as Ceiling
    if (!(known.cap >= 1) || known.proven < 0) return undefined
    // The current window is only partly known, so it counts from now on.
    return { ...known, capChangedAt: now, step: 0, cap: learnedCeiling(known) }
  }

  /** Milliseconds between two requests when `count` are in the window: none in its first half, then growing towards even. */
  spacing(ceiling: Ceiling, count: number): number {
    const used = count / ceiling.cap
    if (used < unspacedShare) return 0
    let least: number = spacings[ceiling.spacingLevel] ?? 0
    let free = (1 - least) / 2
    if (ceiling.upperBound === null && ceiling.proven > 0) {
      // Above the proven number a burst would show little about the limit.
      least = Math.max(least, minSpacing)
      free = Math.min(free, ceiling.proven / (2 * ceiling.cap))
    }
    if (used < free) return 0
    return (this.window / ceiling.cap) * Math.max(least, (used - free) / (1 - free))
  }

  /**
   * The ceiling after a full window whose oldest request was sent `elapsed` milliseconds ago. A cap that was used for a
   * whole window without a refusal is proven, and may grow.
   */
  afterFullWindow(ceiling: Ceiling, elapsed: number, now: number): Ceiling {
    if (now - ceiling.capChangedAt < this.window || elapsed < this.window * 0.9) return ceiling
    const { cap, upperBound } = ceiling
    const next = { ...ceiling, capChangedAt: now, proven: Math.max(ceiling.proven, cap) }
    if (upperBound === null) return { ...next, cap: cap * 2 }
    if (ceiling.step > 0 && cap > upperBound * 1.04 + 1) {
      const { proven, limitChangedAt } = ceiling
      const risenFrom = Math.min(upperBound, proven)
      return {
        ...next,
        upperBound: null,
        step: 0,
        cap: cap * 2,
        limitChangedAt: now,
        risenFrom,
        previousLimitChangeAt: limitChangedAt,
      }
    }
    const gap = upperBound - 1 - cap
    if (ceiling.step === 0 && ceiling.trialsLeft > 0 && gap > upperBound * 0.02) {
      return { ...next, cap: cap + Math.max(1, Math.floor(gap / 2)) }
    }
    if (ceiling.step === 0 && now < ceiling.probeAt) return next
    const step = ceiling.step === 0 ? Math.max(1, Math.floor(cap * 0.02)) : ceiling.step * 2
    const confirmed = ceiling.step === 0 && ceiling.risenFrom > 0 && { risenFrom: 0, falseRises: 0 }
    const relax = ceiling.spacingLevel > 0 && now - ceiling.spacingLevelAt > recentChange
    return {
      ...next,
      cap: cap + step,
      step,
      ...confirmed,
      ...(relax && { spacingLevel: ceiling.spacingLevel - 1, spacingLevelAt: now }),
    }
  }

  /** The ceiling after the server refused a request of the current epoch. */
  afterRefusal(ceiling: Ceiling, refusal: Refusal, now: number): Ceiling {
    const { atLeast, atMost, pause } = refusal
    const { window } = this
    const consecutiveRefusals = now - ceiling.resumedAt < window ? ceiling.consecutiveRefusals + 1 : 0
    const resumedAt = now + pause
    const next = {
      ...ceiling,
      consecutiveRefusals,
      epoch: ceiling.epoch + 1,
      resumedAt,
      capChangedAt: resumedAt,
      step: 0,
    }
    const reducedCap = Math.floor(
      ceiling.cap * (backoffFactors[Math.min(consecutiveRefusals, backoffFactors.length) - 1] ?? 0.85),
    )
    // A place becomes free before any request has left the window: the burst or the pace was refused, not the number.
    if (refusal.elapsed + pause < window * 0.75) {
      if (ceiling.spacingLevel < spacings.length - 1)
        return { ...next, spacingLevel: ceiling.spacingLevel + 1, spacingLevelAt: now }
      const cap = Math.max(this.#min, reducedCap)
      const probeAt = resumedAt + this.#probeAfter
      return {
        ...next,
        spacingLevelAt: now,
        cap,
        proven: Math.min(ceiling.proven, cap),
        upperBound: ceiling.cap,
        trialsLeft: 2,
        probeAt,
      }
    }
    const above = ceiling.cap > ceiling.proven
    let proven = Math.min(atLeast, ceiling.proven - 1)
    if (consecutiveRefusals > 0) proven = Math.min(atLeast, reducedCap)
    else if (above && atMost > ceiling.proven) proven = Math.max(atLeast, ceiling.proven)
    proven = Math.max(proven, this.#min)
    return {
      ...next,
      ...this.#afterChange(ceiling, proven, pause, now),
      proven,
      cap: proven,
      upperBound: Math.max(atMost, proven + 1),
    }
  }

  /** Whether the limit has changed, and so when to probe above the upper bound again. */
  #afterChange(ceiling: Ceiling, proven: number, pause: number, now: number): Partial<Ceiling> {
    const upperBoundFoundAt = ceiling.upperBound === null ? now : ceiling.upperBoundFoundAt
    const fell = proven < ceiling.proven * 0.85
    let { limitChangedAt, risenFrom, falseRises, trialsLeft } = ceiling
    if (risenFrom > 0 && proven < risenFrom * 1.04) {
      limitChangedAt = ceiling.previousLimitChangeAt
      risenFrom = 0
      falseRises++
    } else if (fell && now - upperBoundFoundAt >= 10 * this.window) {
      limitChangedAt = now
      falseRises = 0
    }
    if (fell || ceiling.upperBound === null) trialsLeft = 2
    else if (ceiling.cap > ceiling.proven && ceiling.step === 0) trialsLeft--
    const changedRecently = now - limitChangedAt < recentChange
    const wait = changedRecently ? this.#probeAfterChange : this.#probeAfter * Math.min(2 ** falseRises, 4)
    // A probe that costs a long pause is made less often.
    const cost = ceiling.step > 0 || pause >= this.window ? Math.min(1 + pause / this.window, 2) : 1
    const probeAt = now + pause + wait * cost
    return { upperBoundFoundAt, limitChangedAt, risenFrom, falseRises, trialsLeft, probeAt }
  }
}
