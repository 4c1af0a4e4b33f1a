import { isStagedoorError } from '../errors.ts'
import { isStuck, offsetOf, type PageResult, type PageSource, positionAfter, readPage } from './page-source.ts'
import type { Page } from './schemas/kinds.ts'

/**
 * A list that is read page by page when it is used. Each use reads it again.
 *
 * Where Spotify sends `null` in place of an item, iterating and collecting leave it out unless `invalidItems` is `'keep'`; the
 * pages show it.
 * If the list changes meanwhile, items that moved to another page can be repeated or skipped. Reading ends at a page
 * without a next one, at an empty page, and at one whose next page is not a later one.
 */
export interface Paginated<T, Raw = T> extends AsyncIterable<T> {
  /** The first page, or that of the query's `offset`. One request. */
  page(): Promise<Page<Raw>>
  /** One page after the other. The next one is requested ahead, as far as the limiter has room. */
  pages(): AsyncIterableIterator<Page<Raw>>
  /**
   * All items, or the first `max`, in order.
   * @param options.concurrency pages requested at the same time; default 4 once the first page has reported how many
   *   there are. If set, that many are requested from the start: for a short list some of them in vain.
   */
  toArray(options?: { readonly max?: number | undefined; readonly concurrency?: number | undefined }): Promise<T[]>
}

/** Creates the list of a source. `first` is a page of it that was read already. */
export function paginate<T, Raw extends T | null>(source: PageSource<Raw>, first?: Page<Raw>): Paginated<T, Raw> {
  const firstPage = async (max?: number): Promise<PageResult<Raw>> => {
    const given = first === undefined ? undefined : { page: first, position: source.start, size: source.size() }
    return given ?? readPage(source, source.start, max)
  }
  async function* pages(): AsyncIterableIterator<Page<Raw>> {
    for await (const { page } of walk(source, firstPage())) yield page
  }
  return {
    page: async () => (await firstPage()).page,
    pages,
    async toArray({ max = Number.POSITIVE_INFINITY, concurrency } = {}) {
      // With `invalidItems: 'keep'` items can be `null`, against the type: its documentation says so.
      return (await collect(source, first, max, concurrency)) as T[]
    },
    async *[Symbol.asyncIterator]() {
      for await (const page of pages()) {
        for (const item of page.items) if (item !== null || source.keepNull) yield item as T
      }
    },
  }
}

/** The pages from `first` on, which follows `before` if that is given. */
async function* walk<Raw>(
  source: PageSource<Raw>,
  first: Promise<PageResult<Raw>>,
  before?: Page<Raw>,
): AsyncGenerator<PageResult<Raw>> {
  const run = startRun(source.signal)
  const runSource = { ...source, signal: run.signal }
  const visited = new Set<string>()
  try {
    let result = await first
    if (before !== undefined && (result.page.items.length === 0 || isStuck(before, result.page))) return
    for (let count = 1; ; count++) {
      const next = positionAfter(runSource, result, visited)
      // Not before the second page: a caller that only looks at the first should not pay for two.
      const prefetched = next !== undefined && count > 1 && source.hasRoom() ? readPage(runSource, next) : undefined
      prefetched?.catch(() => {})
      yield result
      if (next === undefined) return
      const previous = result
      result = await (prefetched ?? readPage(runSource, next))
      if (result.page.items.length === 0 || isStuck(previous.page, result.page)) return
    }
  } finally {
    run.end()
  }
}

/** A signal for one reading of a list: it follows the caller's, and its end aborts the requests under way. */
function startRun(signal: AbortSignal | undefined): { readonly signal: AbortSignal; end(): void } {
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

/** Pages requested at the same time by default. */
const defaultConcurrency = 4

/** Reads a list into an array, several pages at a time, in order. `knownPage` is a first page that was read already. */
async function collect<Raw>(
  source: PageSource<Raw>,
  knownPage: Page<Raw> | undefined,
  max: number,
  concurrency: number | undefined,
): Promise<Raw[]> {
  const items: Raw[] = []
  const append = (page: Page<Raw>): boolean => {
    for (const item of page.items) {
      if (items.length >= max) return false
      if (item !== null || source.keepNull) items.push(item)
    }
    return items.length < max
  }
  if (max <= 0) return items
  if (knownPage !== undefined) {
    const first = { page: knownPage, position: source.start, size: source.size() }
    return oneByOne(source, Promise.resolve(first), append, items)
  }
  if (source.paging === 'cursor' || concurrency === 1)
    return oneByOne(source, readPage(source, source.start, max), append, items)

  const run = startRun(source.signal)
  const runSource = { ...source, signal: run.signal }
  try {
    return await concurrently(runSource, append, items, max, concurrency)
  } catch (error) {
    if (items.length > 0 || !isStagedoorError(error) || error.code !== 'API_INVALID_LIMIT') throw error
    if (!source.shrink(source.size())) throw error
  } finally {
    run.end()
  }
  return collect(source, knownPage, max, concurrency)
}

async function oneByOne<Raw>(
  source: PageSource<Raw>,
  first: Promise<PageResult<Raw>>,
  append: (page: Page<Raw>) => boolean,
  items: Raw[],
  before?: Page<Raw>,
): Promise<Raw[]> {
  for await (const { page } of walk(source, first, before)) if (!append(page)) break
  return items
}

/** Requests pages of equal size concurrently and appends them in order, as long as each leads to the next. */
async function concurrently<Raw>(
  source: PageSource<Raw>,
  append: (page: Page<Raw>) => boolean,
  items: Raw[],
  max: number,
  concurrency: number | undefined,
): Promise<Raw[]> {
  const limit = Math.max(1, concurrency ?? defaultConcurrency)
  const size = Math.min(source.size(), max)
  const begin = offsetOf(source.start)
  const end = Math.min(source.end ?? Number.POSITIVE_INFINITY, begin + max)
  const pagesUntil = (offset: number): number => Math.max(1, Math.ceil((Math.min(offset, end) - begin) / size))
  const requests: (Promise<() => Page<Raw>> | undefined)[] = []
  let planned = concurrency === undefined ? 1 : Math.min(limit, pagesUntil(Number.POSITIVE_INFINITY))
  let head = 0
  let active = 0
  let stopped = false
  const launch = (): void => {
    while (!stopped && active < limit && requests.length < planned && requests.length < head + 4 * limit) {
      const offset = begin + requests.length * size
      active++
      const request = source.request(
        { offset },
        Math.min(size, (source.end ?? Number.POSITIVE_INFINITY) - offset),
        source.signal,
      )
      const settled = (): void => {
        active--
        launch()
      }
      requests.push(request)
      request.then(settled, settled)
    }
  }
  const visited = new Set<string>()
  let previous: Page<Raw> | undefined
  try {
    for (launch(); ; head++) {
      const request = requests[head]
      if (request === undefined) return items
      const page = (await request)()
      requests[head] = undefined
      if (previous !== undefined && (page.items.length === 0 || isStuck(previous, page))) return items
      previous = page
      if (!append(page)) return items
      const here: PageResult<Raw> = { page, position: { offset: begin + head * size }, size }
      const next = positionAfter(source, here, visited)
      if (next === undefined) return items
      if (typeof page.total === 'number') planned = Math.max(planned, pagesUntil(page.total))
      launch()
      // Smaller pages than requested, or more of them than the total promised.
      if (offsetOf(next) !== begin + (head + 1) * size || requests.length === head + 1) {
        stopped = true
        return await oneByOne(source, readPage(source, next), append, items, page)
      }
    }
  } finally {
    stopped = true
  }
}
