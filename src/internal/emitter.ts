/** A typed event source. A listener that throws, or whose promise rejects, does not affect the emitter or other listeners. */
export interface Emitter<Events> {
  /** Adds a listener and returns the function that removes it. */
  on<E extends keyof Events>(event: E, listener: (payload: Events[E]) => void): () => void
  emit<E extends keyof Events>(event: E, payload: Events[E]): void
  /** Whether the event has a listener, for events that are costly to build. */
  hasListeners(event: keyof Events): boolean
  /** Adds a listener for every event. Returns the function that removes it. */
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
      const entry = (payload: never): unknown => listener(payload)
      const set = listeners.get(event) ?? new Set()
      listeners.set(event, set)
      set.add(entry)
      return () => set.delete(entry)
    },
    onAny(listener) {
      all.add(listener)
      return () => all.delete(listener)
    },
    hasListeners: (event) => all.size > 0 || (listeners.get(event)?.size ?? 0) > 0,
    emit(event, payload) {
      // `on` added these listeners for this event, so they accept its payload.
      for (const listener of [...(listeners.get(event) ?? [])]) guard(() => listener(payload as never))
      for (const listener of [...all]) guard(() => listener(event, payload))
    },
    clear() {
      listeners.clear()
      all.clear()
    },
  }
}
