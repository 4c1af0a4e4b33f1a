import type { CallOptions } from '../internal/signal.ts'
import { abortable } from '../internal/signal.ts'
import { compareCodePoints } from './code-points.ts'
import { closedError, corruptError, storeError } from './driver-error.ts'
import { merge, type Source } from './merge.ts'
import {
  checkId,
  checkMarker,
  checkQuery,
  copyRecord,
  invalidField,
  keyIds,
  reportCorrupt,
  writableRecord,
} from './record.ts'
import { type IoredisLike, type NodeRedisLike, redisCommands } from './redis-client.ts'
import { redisKeys } from './redis-keys.ts'
import * as scripts from './redis-scripts.ts'
import { textOf } from './row.ts'
import type { ConnectionId, StoredConnection, StoreOptions, TokenStore } from './store.ts'

export type { IoredisLike, NodeRedisLike } from './redis-client.ts'
export type { StoreOptions, TokenStore } from './store.ts'

/** Options of {@link redisStore}. */
export interface RedisStoreOptions extends Pick<StoreOptions, 'onCorrupt'> {
  /** The application's own connected client: ioredis or node-redis, single server or cluster. The store never closes it. */
  readonly client: IoredisLike | NodeRedisLike
  /** Prefix of every key. @default 'stagedoor' */
  readonly prefix?: string | undefined
}

const fields = ['revision', 'record', 'status', 'access', 'refresh']
/** Records read at once. */
const batchSize = 100

/**
 * Keeps connections in Redis 7 or later, or in a Redis Cluster. Redis must be configured to persist and not to evict:
 * see the guide to stores.
 *
 * @throws ConfigError `CONFIG_UNSUPPORTED_CLIENT` for another client, `CONFIG_INVALID` for a prefix with braces
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis'
 * import { redisStore } from 'stagedoor/stores/redis'
 *
 * const store = redisStore({ client: new Redis({ maxRetriesPerRequest: 2 }), prefix: 'myapp' })
 * ```
 */
export function redisStore(options: RedisStoreOptions): Required<TokenStore> {
  const redis = redisCommands(options.client)
  const keys = redisKeys(options.prefix ?? 'stagedoor')
  let closed = false

  async function send<T>(work: () => Promise<T>, call: CallOptions | undefined): Promise<T> {
    call?.signal?.throwIfAborted()
    if (closed) throw closedError()
    try {
      return await abortable(work(), call?.signal)
    } catch (error) {
      call?.signal?.throwIfAborted()
      throw storeError(error)
    }
  }
  const run = (script: string, names: readonly string[], values: readonly string[], call: CallOptions | undefined) =>
    send(() => redis.run(script, names, values), call)

  /** The record, `undefined` if there is none, or the field that makes it corrupt. */
  async function read(id: ConnectionId, call: CallOptions | undefined) {
    try {
      return fromHash(id, (await send(() => redis.hmget(keys.record(id), fields), call)).map(textOf))
    } catch (error) {
      if (isWrongType(error)) return { field: 'record', revision: undefined }
      throw error
    }
  }

  /** Up to `limit` valid records of `owners`; corrupt ones are reported and skipped. */
  async function validRecords(
    provider: string,
    owners: AsyncGenerator<string, void, undefined>,
    limit: number,
    matches: (record: StoredConnection) => boolean,
    call: CallOptions | undefined,
  ): Promise<readonly StoredConnection[]> {
    const found: StoredConnection[] = []
    let tried = 0
    for (let ended = false; !ended && found.length < limit; ) {
      const ids: ConnectionId[] = []
      // If some were skipped, many more may have to be skipped before the page is full.
      const size = found.length < tried ? batchSize : Math.min(limit - found.length, batchSize)
      while (ids.length < size) {
        const next = await owners.next()
        ended = next.done === true
        if (next.done) break
        ids.push({ provider, ownerId: next.value })
      }
      const results = await Promise.all(ids.map(async (id) => ({ id, result: await read(id, call) })))
      for (const { id, result } of results) {
        if (found.length === limit) break
        if (result !== undefined && 'field' in result) reportCorrupt(options, id, result.field)
        else if (result !== undefined && matches(result)) found.push(result)
      }
      tried += ids.length
    }
    return found
  }
  /** How many to read from each bucket, so that one read usually yields `limit` in total. */
  const countPerBucket = (limit: number): number => Math.ceil(limit / 32) + 4

  return {
    async get(id, call) {
      checkId(id)
      const result = await read(id, call)
      if (result !== undefined && 'field' in result) throw corruptError(result.revision)
      return result
    },

    async compareAndSet(id, expected, next, call) {
      checkId(id)
      const names = [keys.record(id), ...keys.sets(id)]
      if (next !== undefined) {
        const record = writableRecord(id, expected, next)
        const { access, refresh } = keyIds(record)
        const written = [record.revision, JSON.stringify(record), record.status, access, refresh ?? '']
        const values = [expected ?? '', id.ownerId, ...written, `${record.nextCheckAt}`]
        return (await run(scripts.compareAndSet, names, values, call)) === 1
      }
      return (await run(scripts.compareAndSet, names, [expected ?? '', id.ownerId], call)) === 1
    },

    async list(query, call) {
      checkQuery(query)
      const { provider, limit, status, keyIdNot } = query
      const [script, groups] =
        keyIdNot === undefined
          ? [scripts.ownersByStatus, status === undefined ? ['connected', 'needs_reauth'] : [status]]
          : [scripts.ownersByOtherKey, [keyIdNot]]
      const sources = keys.all(keyIdNot === undefined ? 'list' : 'keys', provider).map((name): Source<string> => {
        let after = query.after ?? ''
        return async (count) => {
          const lists = (await run(script, [name], [after, `${count}`, ...groups], call)) as unknown[][]
          const owners = mergeUpToFirstEnd(
            lists.map((list) => list.map((owner) => textOf(owner) ?? '')),
            count,
          )
          after = owners.at(-1) ?? after
          return owners
        }
      })
      const owners = merge(sources, compareCodePoints, countPerBucket(limit))
      return validRecords(provider, owners, limit, (record) => status === undefined || record.status === status, call)
    },

    async due(query, call) {
      checkQuery(query)
      const sources = keys.all('due', query.provider).map((name): Source<DueEntry> => {
        let offset = 0
        return async (count) => {
          const reply = (await run(scripts.due, [name], [`${query.at}`, `${offset}`, `${count}`], call)) as unknown[]
          const entries = reply.flatMap((owner, index) =>
            index % 2 === 0 ? [{ owner: textOf(owner) ?? '', at: Number(textOf(reply[index + 1])) }] : [],
          )
          offset += entries.length
          return entries
        }
      })
      const byDueTime = (a: DueEntry, b: DueEntry): number => a.at - b.at || compareCodePoints(a.owner, b.owner)
      const owners = distinct(merge(sources, byDueTime, countPerBucket(query.limit)))
      return validRecords(query.provider, owners, query.limit, () => true, call)
    },

    async claim(marker, expiresAt, call) {
      checkMarker(marker, expiresAt)
      return (await run(scripts.claim, [keys.claim(marker)], [`${expiresAt}`], call)) === 1
    },

    async close() {
      closed = true
    },
  }
}

interface DueEntry {
  readonly owner: string
  readonly at: number
}

/** A connection that is moved between two pages may appear in both. */
async function* distinct(entries: AsyncGenerator<DueEntry, void, undefined>): AsyncGenerator<string, void, undefined> {
  const seen = new Set<string>()
  for await (const { owner } of entries) {
    if (seen.has(owner)) continue
    seen.add(owner)
    yield owner
  }
}

/** Merges ordered lists, only up to the end of the first one that was cut off at `count`. */
function mergeUpToFirstEnd(lists: readonly (readonly string[])[], count: number): readonly string[] {
  const all = [...new Set(lists.flat())].sort(compareCodePoints)
  const ends = lists.flatMap((list) => (list.length < count ? [] : (list.at(-1) ?? []))).sort(compareCodePoints)
  const end = ends[0]
  return end === undefined ? all : all.filter((owner) => compareCodePoints(owner, end) <= 0)
}

function isWrongType(error: unknown): boolean {
  return error instanceof Error && (error.cause as { reply?: unknown } | undefined)?.reply === 'WRONGTYPE'
}

function fromHash(id: ConnectionId, values: readonly (string | undefined)[]) {
  const [revision, text, status, access, refresh] = values
  if (values.every((value) => value === undefined)) return undefined
  let record: unknown
  try {
    record = JSON.parse(text ?? '')
  } catch {
    return { field: 'record', revision }
  }
  const field = invalidField(record)
  if (field !== undefined) return { field, revision }
  const valid = copyRecord(record as StoredConnection)
  const sealKeys = keyIds(valid)
  if (valid.provider !== id.provider || valid.ownerId !== id.ownerId) return { field: 'ownerId', revision }
  if (valid.revision !== revision) return { field: 'revision', revision }
  if (valid.status !== status) return { field: 'status', revision }
  if (sealKeys.access !== access || sealKeys.refresh !== refresh) return { field: 'keyId', revision }
  return valid
}
