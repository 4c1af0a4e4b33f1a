/** A map of at most `maxSize` entries, each for at most `maxAge` milliseconds; the least recently used goes first. */
export class ExpiringMap<K, V> {
  readonly #entries = new Map<K, { value: V; until: number }>()
  readonly #maxSize: number
  readonly #maxAge: number
  readonly #now: () => number

  constructor(options: { readonly maxSize: number; readonly maxAge: number; readonly now: () => number }) {
    this.#maxSize = options.maxSize
    this.#maxAge = options.maxAge
    this.#now = options.now
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    const now = this.#now()
    // A clock that was set back must not extend an entry's lifetime.
    if (now >= entry.until || entry.until - now > this.#maxAge) return undefined
    this.#entries.set(key, entry)
    return entry.value
  }

  set(key: K, value: V): void {
    this.#add(key, { value, until: this.#now() + this.#maxAge })
  }

  /** Keeps what is under `from` under `key` too, until the same time. */
  copy(from: K, key: K): void {
    if (this.get(from) === undefined) return
    const entry = this.#entries.get(from)
    if (entry !== undefined) this.#add(key, entry)
  }

  #add(key: K, entry: { value: V; until: number }): void {
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    if (this.#entries.size <= this.#maxSize) return
    const oldest = this.#entries.keys().next()
    if (!oldest.done) this.#entries.delete(oldest.value)
  }

  /** Drops what has expired. Returns the milliseconds until the next entry expires; `undefined` when none is left. */
  purge(): number | undefined {
    const now = this.#now()
    let next: number | undefined
    for (const [key, { until }] of this.#entries) {
      const left = until - now
      if (left <= 0 || left > this.#maxAge) this.#entries.delete(key)
      else next = Math.min(next ?? left, left)
    }
    return next
  }

  delete(key: K): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }
}
