import type { CallOptions } from '../../internal/signal.ts'
import { corruptError } from '../common/driver-error.ts'
import { reportCorrupt } from '../common/record.ts'
import type { ConnectionId, StoredRecord, StoreOptions } from '../store.ts'
import type { RedisContext } from './context.ts'
import { type CorruptRecord, fromHash } from './hash.ts'
import { bucketOf, idOf } from './keys.ts'
import type { Member } from './places.ts'
import { listReply } from './reply.ts'
import { read } from './scripts.ts'

/** Records read at once. */
const batchSize = 500

/** The places of one bucket, with their positions in the whole. */
export function byBucket(places: readonly string[]): ReadonlyMap<number, readonly { place: string; index: number }[]> {
  const groups = new Map<number, { place: string; index: number }[]>()
  for (const [index, place] of places.entries()) {
    const bucket = bucketOf(place.slice(0, place.indexOf('\0')))
    const group = groups.get(bucket)
    if (group === undefined) groups.set(bucket, [{ place, index }])
    else group.push({ place, index })
  }
  return groups
}

export function redisRecords({ keys, now, run }: RedisContext, options: Pick<StoreOptions, 'onCorrupt'>) {
  /** The records at these places, in the same order. */
  async function readAll(provider: string, places: readonly string[], call: CallOptions | undefined) {
    const results: (StoredRecord | CorruptRecord | undefined)[] = places.map(() => undefined)
    const reads = [...byBucket(places).values()].map(async (group) => {
      const names = group.map(({ place }) => keys.record(idOf(provider, place)))
      const hashes = listReply(await run(read, names, [now()], call))
      for (const [at, { place, index }] of group.entries()) results[index] = fromHash(idOf(provider, place), hashes[at])
    })
    await Promise.all(reads)
    return results
  }

  return {
    /** The record, a removed one too. Rejects with `STORE_CORRUPT`. */
    async get(id: ConnectionId, call: CallOptions | undefined): Promise<StoredRecord | undefined> {
      const [hash] = listReply(await run(read, [keys.record(id)], [now()], call))
      const result = fromHash(id, hash)
      if (result !== undefined && 'field' in result) throw corruptError(result.revision)
      return result
    },

    /** Up to `limit` records that `accepts` takes for their time in the set; corrupt ones are reported and skipped. */
    async page<R extends StoredRecord>(
      query: { readonly provider: string; readonly limit: number },
      members: AsyncGenerator<Member, void, undefined>,
      accepts: (record: StoredRecord, time: number) => record is R,
      call: CallOptions | undefined,
    ): Promise<readonly R[]> {
      const { provider, limit } = query
      const found: R[] = []
      // A record that is moved between two pages of a set may appear in both.
      const seen = new Set<string>()
      let looked = 0
      for (let ended = false; !ended && found.length < limit; ) {
        const batch: Member[] = []
        // If some were skipped, many more may have to be skipped before the page is full.
        const size = found.length < looked ? batchSize : Math.min(limit - found.length, batchSize)
        while (batch.length < size) {
          const next = await members.next()
          ended = next.done === true
          if (next.done) break
          if (!seen.has(next.value.place)) batch.push(next.value)
        }
        looked += batch.length
        const places = batch.map(({ place }) => place)
        const results = await readAll(provider, places, call)
        for (const [index, { place, time }] of batch.entries()) {
          const result = results[index]
          if (found.length === limit) break
          if (result !== undefined && 'field' in result) reportCorrupt(options, idOf(provider, place), result.field)
          else if (result !== undefined && !seen.has(place) && accepts(result, time)) {
            seen.add(place)
            found.push(result)
          }
        }
      }
      return found
    },
  }
}
