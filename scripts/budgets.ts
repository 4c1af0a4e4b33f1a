import { entries } from './entries.ts'

/**
 * What an entry may weigh in bytes: minified and gzipped, dependencies included, peers not. `first` is what importing it
 * loads, `later` what the first sign-in, call or failure loads on top. docs/decisions/0031 says how they were set.
 */
export interface Budget {
  readonly first: number
  readonly later?: number
}

const usual: Budget = { first: 8_000 }
const others: Readonly<Record<string, Budget>> = {
  '.': { first: 56_000, later: 45_000 },
  './oauth': { first: 8_000, later: 16_000 },
  './spotify': { first: 27_000, later: 18_000 },
  './limits/cluster': { first: 28_000 },
  './testing': { first: 44_000 },
  './testing/server': { first: 44_000 },
}

/** By the entry's subpath; an entry that has no larger one gets the usual one. */
export const budgets: ReadonlyMap<string, Budget> = new Map(
  entries.map(({ subpath }) => [subpath, others[subpath] ?? usual]),
)
