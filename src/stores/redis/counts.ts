import type { CallOptions } from '../../internal/signal.ts'
import { dayLength, dayName } from '../common/query.ts'
import type { ConnectionFilter, CountQuery } from '../store.ts'
import type { RedisContext } from './context.ts'
import { buckets, idOf } from './keys.ts'
import { boundsOf, bucketsOf, type redisPlaces } from './places.ts'
import { byBucket } from './records.ts'
import { listReply, type Reply, textsReply } from './reply.ts'
import { copies } from './scripts.ts'
import { countWith, grantDays } from './set-scripts.ts'

/** Members looked at in one call. */
const pageSize = 500
const statuses = ['connected', 'needs_reauth']

/** Groups and their sizes, without the empty ones. */
class Tally {
  readonly #sizes = new Map<string, number>()

  add(group: string, size: number): void {
    this.#sizes.set(group, (this.#sizes.get(group) ?? 0) + size)
  }

  result(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#sizes].filter(([, size]) => size !== 0))
  }
}

/** Counts connections: from the sets alone where they know the groups, else from what each hash copies for them. */
export function redisCounts({ keys, run, runOnSet }: RedisContext, places: ReturnType<typeof redisPlaces>) {
  async function byStatus(query: ConnectionFilter, call: CallOptions | undefined): Promise<Tally> {
    const tally = new Tally()
    const groups = query.status === undefined ? statuses : [query.status]
    const counts = bucketsOf(query).map(async (bucket) => {
      const set = { name: 'status', bucket, provider: query.provider } as const
      const sizes = listReply(await runOnSet(countWith, set, [...boundsOf(query), ...groups], call))
      for (const [index, group] of groups.entries()) tally.add(group, Number(sizes[index]))
    })
    await Promise.all(counts)
    return tally
  }

  async function byDay(query: ConnectionFilter, call: CallOptions | undefined): Promise<Tally> {
    const tally = new Tally()
    const { provider, grantEndsBefore } = query
    const last = grantEndsBefore === undefined ? Number.MAX_SAFE_INTEGER : grantEndsBefore - 1
    let ending = 0
    const counts = buckets.map(async (bucket) => {
      const reply = listReply(await runOnSet(grantDays, { name: 'grants', bucket, provider }, [`${last}`], call))
      for (let index = 0; index < reply.length; index += 2) {
        const size = Number(reply[index + 1])
        tally.add(dayName(Number(reply[index])), size)
        ending += size
      }
    })
    await Promise.all(counts)
    if (grantEndsBefore !== undefined) return tally
    const all = Object.values((await byStatus({ provider }, call)).result()).reduce((sum, size) => sum + size, 0)
    // The two readings are not of the same moment.
    tally.add(dayName(undefined), Math.max(0, all - ending))
    return tally
  }

  async function fromCopies(query: CountQuery, call: CallOptions | undefined): Promise<Tally> {
    const tally = new Tally()
    const counts = places.sources(query, call).map(async (source) => {
      for (let page = await source(pageSize); page.length > 0; page = await source(pageSize)) {
        for (const group of byBucket(page.map(({ place }) => place)).values()) {
          const names = group.map(({ place }) => keys.record(idOf(query.provider, place)))
          for (const values of listReply(await run(copies, names, [], call))) {
            const name = groupOf(query, values)
            if (name !== undefined) tally.add(name, 1)
          }
        }
      }
    })
    await Promise.all(counts)
    return tally
  }

  return async (query: CountQuery, call: CallOptions | undefined): Promise<Readonly<Record<string, number>>> => {
    const { status, keyIdNot, app, ownerId, accountId, grantEndsBefore } = query
    const others = [keyIdNot, app, accountId]
    const only = (...filters: readonly unknown[]): boolean =>
      [...others, ...filters].every((filter) => filter === undefined)
    if (query.by === 'status' && only(grantEndsBefore)) return (await byStatus(query, call)).result()
    if (query.by === 'grantEndsOn' && only(status, ownerId)) return (await byDay(query, call)).result()
    return (await fromCopies(query, call)).result()
  }
}

/** The group of a connection; `undefined` if a filter does not match. The owner is that of the place already. */
function groupOf(query: CountQuery, reply: Reply): string | undefined {
  const values = textsReply(reply)
  if (values === undefined) return undefined
  const [status, key, app, accountId, grantEndsAt] = values
  const ends = grantEndsAt === undefined ? undefined : Number(grantEndsAt)
  if (
    status === undefined ||
    (query.status !== undefined && query.status !== status) ||
    (query.keyIdNot !== undefined && query.keyIdNot === key) ||
    (query.app !== undefined && query.app !== app) ||
    (query.accountId !== undefined && query.accountId !== accountId) ||
    (query.grantEndsBefore !== undefined && !(ends !== undefined && ends < query.grantEndsBefore))
  )
    return undefined
  return query.by === 'status' ? status : dayName(ends === undefined ? undefined : Math.floor(ends / dayLength))
}
