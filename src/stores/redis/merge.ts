/** Returns the next items of one ordered source, about `count` of them; none at its end. */
export type Source<T> = (count: number) => Promise<readonly T[]>

/** Merges ordered sources into one order; each source is read again only when its items are used up. */
export async function* merge<T>(
  sources: readonly Source<T>[],
  compare: (a: T, b: T) => number,
  count: number,
): AsyncGenerator<T, void, undefined> {
  const heads = await Promise.all(sources.map(async (source) => ({ source, items: await source(count), index: 0 })))
  let active = heads.filter(({ items }) => items.length > 0)
  while (active.length > 0) {
    let lowest = active[0] as (typeof active)[number]
    for (const head of active)
      if (compare(head.items[head.index] as T, lowest.items[lowest.index] as T) < 0) lowest = head
    yield lowest.items[lowest.index] as T
    if (++lowest.index < lowest.items.length) continue
    lowest.items = await lowest.source(count)
    lowest.index = 0
    if (lowest.items.length === 0) active = active.filter((head) => head !== lowest)
  }
}
