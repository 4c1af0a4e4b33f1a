import { isStagedoorError } from '../errors.ts'
import { sameOrigin } from '../internal/same-origin.ts'
import type { Page } from './schemas/kinds.ts'

/**
 * A list that is read page by page when it is asked for. Each use reads it anew.
 *
 * Where Spotify sends `null` in place of an item, iterating and collecting leave it out unless `oddItems` is `keep`; the
 * pages show it.
 * A list that changes meanwhile can repeat or skip the items that moved from page to page. Reading ends at the page that
 * names no next one, at an empty page, and at one that does not lead on.
 */
export interface Paginated<T, Raw = T> extends AsyncIterable<T> {
  /** The first page, or that of the query's `offset`. One request. */
  page(): Promise<Page<Raw>>
  /** One page after the other. The next one is asked for ahead, as far as the limiter has room. */
  pages(): AsyncIterableIterator<Page<Raw>>
  /**
   * All items, or the first `max`, in order.
   * @param options.concurrency pages that are asked for at the same time; default 4 once the first has told how many there
   *   are. If given, that many are asked for at once from the start: for a short list some of them in vain.
   */
  toArray(options?: { readonly max?: number | undefined; readonly concurrency?: number | undefined }): Promise<T[]>
}

/** Where a page begins. */
export type Position =
  | { readonly offset: number }
  | { readonly after: string }
  | { readonly before: string }
  | undefined

/** Where the parameters of a query say that a list begins. */
export function startOf({ after, before, offset }: Readonly<Record<string, unknown>>): Position {
  const isGiven = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number'
  if (isGiven(after)) return { after: String(after) }
  if (isGiven(before)) return { before: String(before) }
  return typeof offset === 'number' ? { offset } : undefined
}

/** What a list is read from. */
export interface PageSource<Raw> {
  readonly paging: 'offset' | 'cursor'
  /** The API's base, to tell its own links from others. */
  readonly base: string
  readonly start: Position
  /** The last offset plus page size that the API allows. */
  readonly end: number | undefined
  readonly signal: AbortSignal | undefined
  /** The page size to ask for; `undefined` leaves it to Spotify. */
  size(): number
  /** A page was refused for its size: true if a smaller one will be asked for from now on. */
  shrink(size: number): boolean
  /** Whether `null` in place of an item is given out when iterating and collecting. */
  readonly keepNull: boolean
  /** Whether the limiter would let another request through at once. */
  hasRoom(): boolean
  /** Asks for a page. The function it resolves with reads the answer, so that the next request can leave first. */
  ask(position: Position, size: number, signal: AbortSignal | undefined): Promise<() => Page<Raw>>
}

/** A page, where it was found, and what was asked. */
export interface Found<Raw> {
  readonly page: Page<Raw>
  readonly position: Position
  readonly size: number
}

/** Makes a list of a source. `first` is a page of it that was read already. */
export function paginate<T, Raw>(source: PageSource<Raw>, first?: Page<Raw>): Paginated<T, Raw> {
  const firstPage = async (max?: number): Promise<Found<Raw>> => {
    const given = first === undefined ? undefined : { page: first, position: source.start, size: source.size() }
    return given ?? read(source, source.start, max)
  }
  async function* pages(): AsyncIterableIterator<Page<Raw>> {
    for await (const { page } of walk(source, firstPage())) yield page
  }
  return {
    page: async () => (await firstPage()).page,
    pages,
    async toArray({ max = Number.POSITIVE_INFINITY, concurrency } = {}) {
      const { collect } = await import('./collect.ts')
      return (await collect(source, first, max, concurrency)) as unknown[] as T[]
    },
    async *[Symbol.asyncIterator]() {
      for await (const page of pages()) {
        for (const item of page.items) if (item !== null || source.keepNull) yield item as unknown as T
      }
    },
  }
}

/** Reads the page at `position`, with a smaller size if the first is refused. */
export async function read<Raw>(source: PageSource<Raw>, position: Position, max?: number): Promise<Found<Raw>> {
  for (;;) {
    const size = Math.min(source.size(), max ?? Number.POSITIVE_INFINITY, room(source, position))
    try {
      const page = (await source.ask(position, size, source.signal))()
      return { page, position, size }
    } catch (error) {
      if (!isStagedoorError(error) || error.code !== 'API_INVALID_LIMIT' || !source.shrink(size)) throw error
    }
  }
}

/** The pages from `first` on, which follows `before` if that is given. */
export async function* walk<Raw>(
  source: PageSource<Raw>,
  first: Promise<Found<Raw>>,
  before?: Page<Raw>,
): AsyncGenerator<Found<Raw>> {
  const run = startRun(source.signal)
  const own = { ...source, signal: run.signal }
  const visited = new Set<string>()
  try {
    let found = await first
    if (before !== undefined && (found.page.items.length === 0 || stands(before, found.page))) return
    for (let count = 1; ; count++) {
      const next = after(own, found, visited)
      // Not before the second page: who only looks at the first should not pay for two.
      const ahead = next !== undefined && count > 1 && source.hasRoom() ? read(own, next) : undefined
      ahead?.catch(() => {})
      yield found
      if (next === undefined) return
      const previous = found
      found = await (ahead ?? read(own, next))
      if (found.page.items.length === 0 || stands(previous.page, found.page)) return
    }
  } finally {
    run.end()
  }
}

/** A signal for one reading of a list: it follows the caller's, and ends the requests that are under way at the end. */
export function startRun(signal: AbortSignal | undefined): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  const follow = (): void => controller.abort(signal?.reason)
  if (signal?.aborted) follow()
  else signal?.addEventListener('abort', follow, { once: true })
  return {
    signal: controller.signal,
    end() {
      signal?.removeEventListener('abort', follow)
      controller.abort()
    },
  }
}

/** Where the page after `found` begins; `undefined` when there is none. */
export function after<Raw>(source: PageSource<Raw>, found: Found<Raw>, visited: Set<string>): Position {
  const { page, position, size } = found
  if (page.next === null || page.items.length === 0) return undefined
  const link = typeof page.next === 'string' ? sameOrigin(page.next, source.base)?.searchParams : undefined
  const next = source.paging === 'offset' ? afterOffset(page, offsetOf(position), size, link) : afterCursor(page, link)
  if (next === undefined) return undefined
  if (source.end !== undefined && 'offset' in next && next.offset >= source.end) return undefined
  const key = JSON.stringify(next)
  if (visited.has(key)) return undefined
  visited.add(key)
  return next
}

function afterOffset<Raw>(page: Page<Raw>, offset: number, size: number, link: URLSearchParams | undefined): Position {
  const named = Number(link?.get('offset') ?? Number.NaN)
  const next =
    Number.isSafeInteger(named) && named > offset && named <= offset + size ? named : offset + step(page, size)
  if (page.next === undefined && !(typeof page.total === 'number' && next < page.total)) return undefined
  return { offset: next }
}

function afterCursor<Raw>(page: Page<Raw>, link: URLSearchParams | undefined): Position {
  const before = link?.get('before')
  if (before) return { before }
  const after = link?.get('after') || page.cursors?.after
  if (link === undefined && page.cursors?.before) return { before: page.cursors.before }
  return after ? { after } : undefined
}

/** How many places a page covers: Spotify may give smaller pages than it was asked for. */
function step<Raw>(page: Page<Raw>, size: number): number {
  const { limit } = page
  return typeof limit === 'number' && Number.isSafeInteger(limit) && limit > 0 ? limit : size
}

/** Whether a later page reports no later place: the server does not lead on. */
export function stands<Raw>(previous: Page<Raw>, page: Page<Raw>): boolean {
  if (typeof previous.offset !== 'number' || typeof page.offset !== 'number') return false
  return page.offset <= previous.offset
}

export function offsetOf(position: Position): number {
  return position !== undefined && 'offset' in position ? position.offset : 0
}

function room<Raw>(source: PageSource<Raw>, position: Position): number {
  return source.end === undefined ? Number.POSITIVE_INFINITY : Math.max(1, source.end - offsetOf(position))
}
