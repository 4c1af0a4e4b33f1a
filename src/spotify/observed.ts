import { isStagedoorError } from '../errors.ts'
import type { Emitter } from '../internal/emitter.ts'
import type { SpotifyEvents } from './events.ts'
import type { RequestOptions } from './options.ts'
import type { Pipeline, Work } from './pipeline.ts'
import type { Incoming } from './transport.ts'

/** What a call notes while it runs. */
export interface Trace {
  attempts: number
  throttles: number
  /** Milliseconds. */
  queued: number
}

/** A pipeline that tells of every call when it has ended. */
export function observed(pipeline: Pipeline, emitter: Emitter<SpotifyEvents>, now: () => number): Pipeline {
  return {
    circuit: pipeline.circuit,
    async send(work: Work, options: RequestOptions): Promise<Incoming> {
      const trace: Trace = { attempts: 0, throttles: 0, queued: 0 }
      const startedAt = now()
      const tell = (end: { readonly status?: number | undefined; readonly code?: string }): void => {
        const { request } = work.outgoing
        emitter.emit('request.finished', { request, ...end, ...trace, startedAt, duration: now() - startedAt })
      }
      try {
        const incoming = await pipeline.send({ ...work, trace }, options)
        tell({ status: incoming.status })
        return incoming
      } catch (error) {
        const known = isStagedoorError(error)
        tell({ status: known && 'status' in error ? error.status : undefined, code: known ? error.code : 'ABORTED' })
        throw error
      }
    },
  }
}
