/** A typed event source. A listener that throws, or whose promise rejects, harms neither the emitter nor other listeners. */
export interface Emitter<Events> {
  /** Adds a listener and returns the function that removes it. */
  on<E extends keyof Events>(event: E, listener: (payload: Events[E]) => void): () => void
  emit<E extends keyof Events>(event: E, payload: Events[E]): void
  /** Whether anyone listens, for events that come with every call. */
  hears(event: keyof Events): boolean
  /** Sends every event on, with its name. Returns the function that stops it. */
  onAny(listener: <E extends keyof Events>(event: E, payload: Events[E]) => void): () => void
  clear(): void
}

export function createEmitter<Events>(): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(payload: never) => unknown>>()
  const all = new Set<<E extends keyof Events>(event: E, payload: Events[E]) => unknown>()
  const guard = (call: () => unknown): void => {
    try {
      const result = call()
      if (result instanceof Promise) result.catch(() => {})
    } catch {}
  }
  return {
    on(event, listener) {
      const own = (payload: never): unknown => listener(payload)
      const set = listeners.get(event) ?? new Set()
      listeners.set(event, set)
      set.add(own)
      return () => set.delete(own)
    },
    onAny(listener) {
      all.add(listener)
      return () => all.delete(listener)
    },
    hears: (event) => all.size > 0 || (listeners.get(event)?.size ?? 0) > 0,
    emit(event, payload) {
      for (const listener of [...(listeners.get(event) ?? [])]) guard(() => listener(payload as never))
      for (const listener of [...all]) guard(() => listener(event, payload))
    },
    clear() {
      listeners.clear()
      all.clear()
    },
  }
}
