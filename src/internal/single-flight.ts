import { abortable } from './signal.ts'

/** Callers with the same key share one promise while it is pending; an abort ends one caller's wait, not the work. */
export class SingleFlight<K, T> {
  readonly #flights = new Map<K, Promise<T>>()

  run(key: K, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const running = this.#flights.get(key)
    if (running !== undefined) return abortable(running, signal)
    if (signal?.aborted) return Promise.reject(signal.reason)
    const flight = Promise.resolve()
      .then(work)
      .finally(() => {
        if (this.#flights.get(key) === flight) this.#flights.delete(key)
      })
    this.#flights.set(key, flight)
    return abortable(flight, signal)
  }

  has(key: K): boolean {
    return this.#flights.has(key)
  }
}
