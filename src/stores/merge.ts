/** Gives the next items of one ordered source, about `count` of them; none at its end. */
export type Source<T> = (count: number) => Promise<readonly T[]>

/** The items of many ordered sources in one order; each source is asked again only when its items are used up. */
export async function* merge<T>(
  sources: readonly Source<T>[],
  compare: (a: T, b: T) => number,
  count: number,
): AsyncGenerator<T, void, undefined> {
  const heads = await Promise.all(sources.map(async (source) => ({ source, items: await source(count), index: 0 })))
  let open = heads.filter(({ items }) => items.length > 0)
  while (open.length > 0) {
    let least = open[0] as (typeof open)[number]
    for (const head of open) if (compare(head.items[head.index] as T, least.items[least.index] as T) < 0) least = head
    yield least.items[least.index] as T
    if (++least.index < least.items.length) continue
    least.items = await least.source(count)
    least.index = 0
    if (least.items.length === 0) open = open.filter((head) => head !== least)
  }
}
