import type { CallOptions } from '../../internal/signal.ts'
import { reportCorrupt } from '../common/record.ts'
import type { ReserveQuery, StoredRecord, StoreOptions } from '../store.ts'
import type { RedisContext } from './context.ts'
import { fromHash } from './hash.ts'
import { bucketOf, buckets, idOf } from './keys.ts'
import { merge } from './merge.ts'
import { compareMembers, countPerBucket, type Member, membersByTime } from './places.ts'
import { listReply, textReply } from './reply.ts'
import { freePlacesUpTo, reserve } from './set-scripts.ts'

/**
 * Reserves due records: looks which buckets have the oldest free ones, then lets a script of each bucket take as many.
 * What another caller has taken in between is made up for in the next round.
 */
export function redisReservations({ now, runOnSet }: RedisContext, options: Pick<StoreOptions, 'onCorrupt'>) {
  /** How many of the oldest `count` free records each bucket has. */
  async function shares(
    query: ReserveQuery,
    count: number,
    seen: readonly ReadonlySet<string>[],
    call: CallOptions | undefined,
  ) {
    const { provider, length, at } = query
    const sources = buckets.map((bucket) =>
      membersByTime((size, after) => {
        const values = [now(), `${length}`, `${at}`, `${size}`, ...after]
        return runOnSet(freePlacesUpTo, { name: 'due', bucket, provider }, values, call)
      }),
    )
    const found = new Map<number, number>()
    let total = 0
    for await (const { place } of merge(sources, compareMembers, countPerBucket(count))) {
      const bucket = bucketOf(idOf(provider, place).ownerId)
      if (seen[bucket]?.has(place)) continue
      found.set(bucket, (found.get(bucket) ?? 0) + 1)
      if (++total === count) break
    }
    return found
  }

  return async (query: ReserveQuery, call: CallOptions | undefined): Promise<readonly StoredRecord[]> => {
    const { provider, length, at, limit } = query
    const found: (Member & { readonly record: StoredRecord })[] = []
    // A short reservation may end while the page is filled: no record is returned twice.
    const seen = buckets.map(() => new Set<string>())

    async function take(bucket: number, count: number): Promise<void> {
      const known = seen[bucket] ?? new Set<string>()
      const values = [now(), `${length}`, `${at}`, `${count}`, ...known]
      for (const entry of listReply(await runOnSet(reserve, { name: 'due', bucket, provider }, values, call))) {
        const [first, time, hash] = listReply(entry)
        const place = textReply(first)
        known.add(place)
        const id = idOf(provider, place)
        const record = fromHash(id, hash)
        if (record === undefined) continue
        if ('field' in record) reportCorrupt(options, id, record.field)
        else found.push({ place, time: Number(time), record })
      }
    }

    while (found.length < limit) {
      const counts = await shares(query, limit - found.length, seen, call)
      if (counts.size === 0) break
      await Promise.all([...counts].map(([bucket, count]) => take(bucket, count)))
    }
    return found.sort(compareMembers).map(({ record }) => record)
  }
}
