import { isStagedoorError } from '../errors.ts'
import { after, type Found, offsetOf, type PageSource, read, stands, startRun, walk } from './paginate.ts'
import type { Page } from './schemas/kinds.ts'

/** Pages asked for at the same time when the caller does not say. */
const usual = 4

/** Reads a list into an array, several pages at a time, in order. `given` is a first page that was read already. */
export async function collect<Raw>(
  source: PageSource<Raw>,
  given: Page<Raw> | undefined,
  max: number,
  concurrency: number | undefined,
): Promise<Raw[]> {
  const items: Raw[] = []
  const take = (page: Page<Raw>): boolean => {
    for (const item of page.items) {
      if (items.length >= max) return false
      if (item !== null || source.keepNull) items.push(item)
    }
    return items.length < max
  }
  if (max <= 0) return items
  if (given !== undefined) {
    const first = { page: given, position: source.start, size: source.size() }
    return oneByOne(source, Promise.resolve(first), take, items)
  }
  if (source.paging === 'cursor' || concurrency === 1)
    return oneByOne(source, read(source, source.start, max), take, items)

  const run = startRun(source.signal)
  const own = { ...source, signal: run.signal }
  try {
    return await abreast(own, take, items, max, concurrency)
  } catch (error) {
    if (items.length > 0 || !isStagedoorError(error) || error.code !== 'API_INVALID_LIMIT') throw error
    if (!source.shrink(source.size())) throw error
  } finally {
    run.end()
  }
  return collect(source, given, max, concurrency)
}

async function oneByOne<Raw>(
  source: PageSource<Raw>,
  first: Promise<Found<Raw>>,
  take: (page: Page<Raw>) => boolean,
  items: Raw[],
  before?: Page<Raw>,
): Promise<Raw[]> {
  for await (const { page } of walk(source, first, before)) if (!take(page)) break
  return items
}

/** Asks for pages of equal size side by side and takes them in order, as long as each leads to the next. */
async function abreast<Raw>(
  source: PageSource<Raw>,
  take: (page: Page<Raw>) => boolean,
  items: Raw[],
  max: number,
  concurrency: number | undefined,
): Promise<Raw[]> {
  const width = Math.max(1, concurrency ?? usual)
  const size = Math.min(source.size(), max)
  const begin = offsetOf(source.start)
  const end = Math.min(source.end ?? Number.POSITIVE_INFINITY, begin + max)
  const pagesUntil = (offset: number): number => Math.max(1, Math.ceil((Math.min(offset, end) - begin) / size))
  const asked: (Promise<() => Page<Raw>> | undefined)[] = []
  let planned = concurrency === undefined ? 1 : Math.min(width, pagesUntil(Number.POSITIVE_INFINITY))
  let head = 0
  let active = 0
  let over = false
  const launch = (): void => {
    while (!over && active < width && asked.length < planned && asked.length < head + 4 * width) {
      const offset = begin + asked.length * size
      active++
      const answer = source.ask(
        { offset },
        Math.min(size, (source.end ?? Number.POSITIVE_INFINITY) - offset),
        source.signal,
      )
      const settled = (): void => {
        active--
        launch()
      }
      asked.push(answer)
      answer.then(settled, settled)
    }
  }
  const visited = new Set<string>()
  let previous: Page<Raw> | undefined
  try {
    for (launch(); ; head++) {
      const answer = asked[head]
      if (answer === undefined) return items
      const page = (await answer)()
      asked[head] = undefined
      if (previous !== undefined && (page.items.length === 0 || stands(previous, page))) return items
      previous = page
      if (!take(page)) return items
      const here: Found<Raw> = { page, position: { offset: begin + head * size }, size }
      const next = after(source, here, visited)
      if (next === undefined) return items
      if (typeof page.total === 'number') planned = Math.max(planned, pagesUntil(page.total))
      launch()
      // Smaller pages than were asked for, or more of them than the total promised.
      if (offsetOf(next) !== begin + (head + 1) * size || asked.length === head + 1) {
        over = true
        return await oneByOne(source, read(source, next), take, items, page)
      }
    }
  } finally {
    over = true
  }
}
