/** The saved items of one user and one kind, newest first. */
export class SavedItems {
  #items: { readonly id: string; readonly addedAt: number }[] = []
  readonly #ids = new Set<string>()

  /** `items` must be newest first. */
  constructor(items: readonly { readonly id: string; readonly addedAt: number }[] = []) {
    this.#items = [...items]
    for (const item of items) this.#ids.add(item.id)
  }

  get size(): number {
    return this.#ids.size
  }

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  /** Does nothing if the item is already saved. */
  add(id: string, addedAt: number): void {
    if (this.#ids.has(id)) return
    this.#ids.add(id)
    const position = this.#items.findIndex((item) => item.addedAt <= addedAt)
    this.#items.splice(position === -1 ? this.#items.length : position, 0, { id, addedAt })
  }

  remove(id: string): void {
    if (!this.#ids.delete(id)) return
    this.#items = this.#items.filter((item) => item.id !== id)
  }

  slice(offset: number, limit: number): readonly { readonly id: string; readonly addedAt: number }[] {
    return this.#items.slice(offset, offset + limit)
  }

  ids(): readonly string[] {
    return this.#items.map((item) => item.id)
  }
}
