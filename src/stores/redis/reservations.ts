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
export function redisReservations({ keys, now, run }: RedisContext, options: Pick<StoreOptions, 'onCorrupt'>) {
  function keysOf(bucket: number, provider: string): readonly string[] {
    return [keys.set('due', bucket, provider), keys.records(bucket, provider)]
  }

  /** How many of the oldest `count` free records each bucket has. */
  async function shares(query: ReserveQuery, count: number, skip: ReadonlySet<string>, call: CallOptions | undefined) {
    const { provider, length, at } = query
    const sources = buckets.map((bucket) =>
      membersByTime((size, after) => {
        const values = [now(), `${length}`, `${at}`, `${size}`, ...after]
        return run(freePlacesUpTo, keysOf(bucket, provider), values, call)
      }),
    )
    const found = new Map<number, number>()
    let total = 0
    for await (const { place } of merge(sources, compareMembers, countPerBucket(count))) {
      if (skip.has(place)) continue
      const bucket = bucketOf(idOf(provider, place).ownerId)
      found.set(bucket, (found.get(bucket) ?? 0) + 1)
      if (++total === count) break
    }
    return found
  }

  return async (query: ReserveQuery, call: CallOptions | undefined): Promise<readonly StoredRecord[]> => {
    const { provider, length, at, limit } = query
    const found: (Member & { readonly record: StoredRecord })[] = []
    const corrupt = new Set<string>()

    async function take(bucket: number, count: number): Promise<void> {
      const values = [now(), `${length}`, `${at}`, `${count}`]
      for (const entry of listReply(await run(reserve, keysOf(bucket, provider), values, call))) {
        const [first, time, hash] = listReply(entry)
        const place = textReply(first)
        if (corrupt.has(place)) continue
        const id = idOf(provider, place)
        const record = fromHash(id, hash)
        if (record === undefined) continue
        if (!('field' in record)) {
          found.push({ place, time: Number(time), record })
          continue
        }
        corrupt.add(place)
        reportCorrupt(options, id, record.field)
      }
    }

    while (found.length < limit) {
      const counts = await shares(query, limit - found.length, corrupt, call)
      if (counts.size === 0) break
      await Promise.all([...counts].map(([bucket, count]) => take(bucket, count)))
    }
    return found.sort(compareMembers).map(({ record }) => record)
  }
}
