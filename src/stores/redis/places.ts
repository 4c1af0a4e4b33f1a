import type { CallOptions } from '../../internal/signal.ts'
import { compareCodePoints } from '../common/code-points.ts'
import { cursorOf } from '../common/query.ts'
import type { ConnectionFilter, ListQuery } from '../store.ts'
import type { RedisContext } from './context.ts'
import { bucketOf, buckets, idOf, placeOf, type SetName } from './keys.ts'
import { merge, type Source } from './merge.ts'
import { listReply, type Reply, textReply } from './reply.ts'
import { grantEnds, placesUpTo, placesWith, placesWithOther } from './set-scripts.ts'

/** A member of a set: the place of a record, and in a set by time its time, else 0. */
export interface Member {
  readonly place: string
  readonly time: number
}

export const compareMembers = (a: Member, b: Member): number => a.time - b.time || compareCodePoints(a.place, b.place)

/** How many members to read from each bucket, so that one read usually yields `limit` in total. */
export const countPerBucket = (limit: number): number => Math.ceil(limit / 32) + 4

/** The members of a set by time, in pages. */
export function membersByTime(
  read: (count: number, after: readonly [time: string, place: string]) => Promise<Reply>,
  after?: Member,
): Source<Member> {
  let last = after
  return async (count) => {
    const reply = listReply(await read(count, last === undefined ? ['', ''] : [`${last.time}`, last.place]))
    const members = reply.flatMap((place, index) =>
      index % 2 === 0 ? [{ place: textReply(place), time: Number(reply[index + 1]) }] : [],
    )
    last = members.at(-1) ?? last
    return members
  }
}

/** The set that a filter is looked up in, with the values there: those given, or all but the one given. */
function lookupOf(filter: ConnectionFilter): {
  readonly name: SetName
  readonly values: readonly string[]
  readonly others?: boolean
} {
  const { status, keyIdNot, app, ownerId, accountId } = filter
  const statuses = status === undefined ? ['connected', 'needs_reauth'] : [status]
  if (ownerId !== undefined) return { name: 'status', values: statuses }
  if (accountId !== undefined) return { name: 'accounts', values: [accountId] }
  if (keyIdNot !== undefined) return { name: 'keys', values: [keyIdNot], others: true }
  if (app !== undefined) return { name: 'apps', values: [app] }
  return { name: 'status', values: statuses }
}

/** Begin and end of the places that a filter allows, after one of them. */
export function boundsOf({ ownerId }: ConnectionFilter, after?: string): readonly [string, string, string] {
  const first = ownerId === undefined ? '' : placeOf({ ownerId })
  const end = ownerId === undefined ? '\x01' : `\0${ownerId}\x01`
  return after !== undefined && compareCodePoints(after, first) >= 0 ? ['(', after, end] : ['[', first, end]
}

export const bucketsOf = ({ ownerId }: ConnectionFilter): readonly number[] =>
  ownerId === undefined ? buckets : [bucketOf(ownerId)]

/** Finds the places of connections by one of the filters; the caller checks the others. */
export function redisPlaces({ runOnSet }: RedisContext) {
  function byValue(filter: ConnectionFilter, call: CallOptions | undefined, start?: string): Source<Member>[] {
    const { name, values, others } = lookupOf(filter)
    return bucketsOf(filter).map((bucket) => {
      const set = { name, bucket, provider: filter.provider }
      let after = start
      return async (count) => {
        const bounds = [...boundsOf(filter, after), `${count}`, ...values]
        const reply = listReply(await runOnSet(others ? placesWithOther : placesWith, set, bounds, call))
        const places = mergeUpToFirstEnd(
          reply.map((list) => listReply(list).map(textReply)),
          count,
        )
        after = places.at(-1) ?? after
        return places.map((place) => ({ place, time: 0 }))
      }
    })
  }

  function byGrantEnd(
    filter: ConnectionFilter & { readonly grantEndsBefore: number },
    call: CallOptions | undefined,
    after?: Member,
  ): Source<Member>[] {
    return buckets.map((bucket) => {
      const set = { name: 'grants', bucket, provider: filter.provider } as const
      const last = `${filter.grantEndsBefore - 1}`
      return membersByTime((count, from) => runOnSet(placesUpTo, set, [last, `${count}`, ...from], call), after)
    })
  }

  /** A source for each bucket. In the order of `grantEndsBefore` only if the owner and the account are not given. */
  function sources(filter: ConnectionFilter, call: CallOptions | undefined, after?: Member): Source<Member>[] {
    const { grantEndsBefore, ownerId, accountId } = filter
    if (grantEndsBefore === undefined || ownerId !== undefined || accountId !== undefined)
      return byValue(filter, call, after?.place)
    return byGrantEnd({ ...filter, grantEndsBefore }, call, after)
  }

  /** All places of one owner or account, which are few, by the end of their grants. */
  async function* fewByGrantEnd(query: ListQuery, call: CallOptions | undefined, after?: Member) {
    async function endsOf(places: readonly string[]): Promise<Member[]> {
      const [first = ''] = places
      const bucket = bucketOf(idOf(query.provider, first).ownerId)
      const set = { name: 'grants', bucket, provider: query.provider } as const
      const ends = listReply(await runOnSet(grantEnds, set, places, call))
      return places.flatMap((place, index) => (ends[index] === undefined ? [] : [{ place, time: Number(ends[index]) }]))
    }
    const groups = sources(query, call).map(async (source) => {
      const found: Member[] = []
      for (let page = await source(500); page.length > 0; page = await source(500))
        found.push(...(await endsOf(page.map(({ place }) => place))))
      return found
    })
    const members = (await Promise.all(groups)).flat().sort(compareMembers)
    yield* after === undefined ? members : members.filter((member) => compareMembers(member, after) > 0)
  }

  return {
    sources,
    /** The places that a list has to look at, in its order. */
    inOrder(query: ListQuery, call: CallOptions | undefined): AsyncGenerator<Member, void, undefined> {
      const cursor = cursorOf(query)
      const few = query.ownerId !== undefined || query.accountId !== undefined
      const byTime = query.grantEndsBefore !== undefined
      const after = cursor && { place: placeOf(cursor), time: byTime ? cursor.grantEndsAt : 0 }
      if (byTime && few) return fewByGrantEnd(query, call, after)
      return merge(sources(query, call, after), compareMembers, countPerBucket(query.limit))
    },
  }
}

/** Merges ordered lists, only up to the end of the first one that was cut off at `count`. */
function mergeUpToFirstEnd(lists: readonly (readonly string[])[], count: number): readonly string[] {
  const all = [...new Set(lists.flat())].sort(compareCodePoints)
  const ends = lists.flatMap((list) => (list.length < count ? [] : (list.at(-1) ?? []))).sort(compareCodePoints)
  const end = ends[0]
  return end === undefined ? all : all.filter((place) => compareCodePoints(place, end) <= 0)
}
