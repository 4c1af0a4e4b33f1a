const maxBlockSize = 512

/** Items in the order of `compare`, in blocks, so that a change moves few items even in a long list. */
export class SortedList<T> {
  readonly #blocks: T[][] = []
  readonly #compare: (a: T, b: T) => number

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get isEmpty(): boolean {
    return this.#blocks.length === 0
  }

  add(item: T): void {
    const position = this.#find((other) => this.#compare(other, item) >= 0)
    const block = this.#blocks[Math.min(position.block, this.#blocks.length - 1)]
    if (block === undefined) {
      this.#blocks.push([item])
      return
    }
    block.splice(position.block < this.#blocks.length ? position.index : block.length, 0, item)
    if (block.length > maxBlockSize)
      this.#blocks.splice(this.#blocks.indexOf(block) + 1, 0, block.splice(maxBlockSize / 2))
  }

  remove(item: T): void {
    const position = this.#find((other) => this.#compare(other, item) >= 0)
    const block = this.#blocks[position.block]
    if (block?.[position.index] !== item) return
    block.splice(position.index, 1)
    if (block.length === 0) this.#blocks.splice(position.block, 1)
  }

  /** The items from the first one for which `reached` is true; it must be true for all that follow, too. */
  *from(reached: (item: T) => boolean): Generator<T, void, undefined> {
    const position = this.#find(reached)
    for (let block = position.block; block < this.#blocks.length; block++) {
      const items = this.#blocks[block] as T[]
      for (let index = block === position.block ? position.index : 0; index < items.length; index++)
        yield items[index] as T
    }
  }

  #find(reached: (item: T) => boolean): { block: number; index: number } {
    const block = firstIndex(this.#blocks, (items) => reached(items[items.length - 1] as T))
    return { block, index: firstIndex(this.#blocks[block] ?? [], reached) }
  }
}

function firstIndex<T>(items: readonly T[], reached: (item: T) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (reached(items[middle] as T)) high = middle
    else low = middle + 1
  }
  return low
}
