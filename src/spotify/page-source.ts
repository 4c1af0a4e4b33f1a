import { isStagedoorError } from '../errors.ts'
import { sameOrigin } from '../internal/same-origin.ts'
import type { Page } from './schemas/kinds.ts'

/** Where a page begins. */
type Position = { readonly offset: number } | { readonly after: string } | { readonly before: string } | undefined

/** Where a list begins by the parameters of its query. */
export function startOf({ after, before, offset }: Readonly<Record<string, unknown>>): Position {
  const isGiven = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number'
  if (isGiven(after)) return { after: String(after) }
  if (isGiven(before)) return { before: String(before) }
  return typeof offset === 'number' ? { offset } : undefined
}

/** What one page is read from; `P` is the form of the page. */
export interface PageReader<P> {
  readonly start: Position
  /** The last offset plus page size that the API allows. */
  readonly end: number | undefined
  readonly signal: AbortSignal | undefined
  /** The page size to request; `undefined` leaves it to Spotify. */
  size(): number
  /** A page was refused for its size: true if smaller ones will be requested from now on. */
  shrink(size: number): boolean
  /** Requests a page. The function it resolves with reads the response, so that the next request can be sent first. */
  request(position: Position, size: number, signal: AbortSignal | undefined): Promise<() => P>
}

/** How a list goes on after a page. */
export interface ListSettings {
  readonly paging: 'offset' | 'cursor'
  /** The API's base, by which its own links are recognised. */
  readonly base: string
  /** Whether iterating and collecting return `null` in place of an item. */
  readonly keepNull: boolean
  /** Whether the limiter would let another request through at once. */
  hasRoom(): boolean
}

/** What a list is read from. */
export interface PageSource<Raw> extends ListSettings, PageReader<Page<Raw>> {}

/** A page, the position it was read at, and the size that was requested. */
export interface PageResult<Raw> {
  readonly page: Page<Raw>
  readonly position: Position
  readonly size: number
}

/** Reads the page at `position`, with a smaller size if the first is refused. */
export async function readPage<P>(
  source: PageReader<P>,
  position: Position,
  max?: number,
): Promise<{ readonly page: P; readonly position: Position; readonly size: number }> {
  for (;;) {
    const size = Math.min(source.size(), max ?? Number.POSITIVE_INFINITY, room(source, position))
    try {
      const page = (await source.request(position, size, source.signal))()
      return { page, position, size }
    } catch (error) {
      if (!isStagedoorError(error) || error.code !== 'API_INVALID_LIMIT' || !source.shrink(size)) throw error
    }
  }
}

/** Where the page after `result` begins; `undefined` when there is none. */
export function positionAfter<Raw>(source: PageSource<Raw>, result: PageResult<Raw>, visited: Set<string>): Position {
  const { page, position, size } = result
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
  const linkedOffset = Number(link?.get('offset') ?? Number.NaN)
  const next =
    Number.isSafeInteger(linkedOffset) && linkedOffset > offset && linkedOffset <= offset + size
      ? linkedOffset
      : offset + pageLength(page, size)
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

/** How many places a page covers: Spotify may send smaller pages than requested. */
function pageLength<Raw>(page: Page<Raw>, size: number): number {
  const { limit } = page
  return typeof limit === 'number' && Number.isSafeInteger(limit) && limit > 0 ? limit : size
}

/** Whether a later page reports no later offset: reading on would not end. */
export function isStuck<Raw>(previous: Page<Raw>, page: Page<Raw>): boolean {
  if (typeof previous.offset !== 'number' || typeof page.offset !== 'number') return false
  return page.offset <= previous.offset
}

export function offsetOf(position: Position): number {
  return position !== undefined && 'offset' in position ? position.offset : 0
}

function room(source: PageReader<unknown>, position: Position): number {
  return source.end === undefined ? Number.POSITIVE_INFINITY : Math.max(1, source.end - offsetOf(position))
}
