import type { Emitter } from './emitter.ts'

/** Where events come from. `onAny` is optional: implementations by third parties may lack it. */
type EventSource<Events> = Pick<Emitter<Events>, 'on'> & Partial<Pick<Emitter<Events>, 'onAny'>>

/**
 * Passes every event of `source` to `target`, also those that `Events` does not name. A source without `onAny` is
 * limited to `known`, of which the compiler requires every name of `Events`. Returns the function that stops it.
 */
export function forwardEvents<Events>(
  source: EventSource<Events>,
  known: Readonly<Record<keyof Events, true>>,
  target: Pick<Emitter<Events>, 'emit'>,
): () => void {
  if (source.onAny !== undefined) return source.onAny((event, payload) => target.emit(event, payload))
  const names = Object.keys(known) as (keyof Events)[]
  const stops = names.map((event) => source.on(event, (payload) => target.emit(event, payload)))
  return () => {
    for (const stop of stops) stop()
  }
}
