const largest = 512

/** Items in the order of `compare`, in blocks, so that a change moves few of them however many there are. */
export class SortedList<T> {
  readonly #blocks: T[][] = []
  readonly #compare: (a: T, b: T) => number

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  add(item: T): void {
    const at = this.#find((other) => this.#compare(other, item) >= 0)
    const block = this.#blocks[Math.min(at.block, this.#blocks.length - 1)]
    if (block === undefined) {
      this.#blocks.push([item])
      return
    }
    block.splice(at.block < this.#blocks.length ? at.index : block.length, 0, item)
    if (block.length > largest) this.#blocks.splice(this.#blocks.indexOf(block) + 1, 0, block.splice(largest / 2))
  }

  remove(item: T): void {
    const at = this.#find((other) => this.#compare(other, item) >= 0)
    const block = this.#blocks[at.block]
    if (block?.[at.index] !== item) return
    block.splice(at.index, 1)
    if (block.length === 0) this.#blocks.splice(at.block, 1)
  }

  /** The items from the first that `reached` accepts; it must accept all that follow too. */
  *from(reached: (item: T) => boolean): Generator<T, void, undefined> {
    const at = this.#find(reached)
    for (let block = at.block; block < this.#blocks.length; block++) {
      const items = this.#blocks[block] as T[]
      for (let index = block === at.block ? at.index : 0; index < items.length; index++) yield items[index] as T
    }
  }

  #find(reached: (item: T) => boolean): { block: number; index: number } {
    const block = first(this.#blocks, (items) => reached(items[items.length - 1] as T))
    return { block, index: first(this.#blocks[block] ?? [], reached) }
  }
}

function first<T>(items: readonly T[], reached: (item: T) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (reached(items[middle] as T)) high = middle
    else low = middle + 1
  }
  return low
}
