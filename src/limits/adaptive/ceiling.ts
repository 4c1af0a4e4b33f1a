/** What is known about the server's limit. Plain numbers, so that it can be stored; times are epoch milliseconds. */
export interface Ceiling {
  /** The current number of requests allowed per window. */
  readonly cap: number
  /** The highest number that the server certainly accepted. */
  readonly proven: number
  /** The number that it refused; `null` while nothing was refused: then the cap doubles with every window used up. */
  readonly upperBound: number | null
  /** When the cap last changed, or when sending resumes after a refusal; the next change is one window later at the earliest. */
  readonly capChangedAt: number
  /** When a probe above the upper bound is due. */
  readonly probeAt: number
  /** The next increase of a running probe; 0: no probe is running. */
  readonly step: number
  /** How often the gap below the upper bound may still be explored before the next probe. */
  readonly trialsLeft: number
  /** Counts refusals: responses to requests from before the latest one add no information. */
  readonly epoch: number
  /** When sending resumed after the latest refusal. */
  readonly resumedAt: number
  /** Refusals that each came within a window after sending resumed. */
  readonly consecutiveRefusals: number
  /** Index into `spacings`: rises when a burst is refused although the window had room. */
  readonly spacingLevel: number
  /** When the spacing level last changed. */
  readonly spacingLevelAt: number
  /** When the limit was last seen to rise or fall. */
  readonly limitChangedAt: number
  /** The ceiling before the latest rise; 0: there was none, or it is confirmed or was false. */
  readonly risenFrom: number
  /** `limitChangedAt` before the latest rise, restored if the rise was false. */
  readonly previousLimitChangeAt: number
  /** When the upper bound was first found after a rise. */
  readonly upperBoundFoundAt: number
  /** Consecutive false rises: the server accumulates unused capacity. */
  readonly falseRises: number
}

/** The proven number; the cap while nothing was refused or nothing is proven. */
export function learnedCeiling(ceiling: Ceiling): number {
  return ceiling.upperBound === null || ceiling.proven < 1 ? ceiling.cap : ceiling.proven
}
