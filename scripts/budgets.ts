import { entries } from './entries.ts'

/**
 * What an entry may weigh in bytes: minified and gzipped, dependencies included, peers not. `first` is what importing it
 * loads, `later` what the first sign-in, call or failure loads on top. docs/decisions/0014 says how those of the largest were set.
 */
export interface Budget {
  readonly first: number
  readonly later?: number
}

const own: Readonly<Record<string, Budget>> = {
  '.': { first: 64_000, later: 39_000 },
  './oauth': { first: 7_000, later: 16_000 },
  './vault': { first: 10_500, later: 2_500 },
  './spotify': { first: 24_000, later: 14_000 },
  './stores/sqlite': { first: 11_000 },
  './stores/sql': { first: 11_500 },
  './stores/redis': { first: 12_000 },
  './kms/aws': { first: 2_200 },
  './kms/gcp': { first: 2_500 },
  './kms/azure': { first: 2_800 },
  './kms/vault-transit': { first: 3_400 },
  './limits/cluster': { first: 28_000 },
  './express': { first: 1_500 },
  './fastify': { first: 1_500 },
  './hono': { first: 800 },
  './next': { first: 800 },
  './otel': { first: 3_200 },
  './testing': { first: 50_000 },
  './testing/msw': { first: 1_000 },
  './testing/server': { first: 39_000 },
}
/** For an entry that has none of its own yet. */
const usual: Budget = { first: 8_000 }

/** By the entry's subpath. */
export const budgets: ReadonlyMap<string, Budget> = new Map(
  entries.map(({ subpath }) => [subpath, own[subpath] ?? usual]),
)
