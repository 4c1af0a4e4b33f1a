import { SpotifyApiError } from '../errors.ts'
import type { Emitter } from '../internal/emitter.ts'
import type { SpotifyEvents } from './events.ts'
import type { OperationData } from './operation.ts'
import type { Kind } from './schemas/kinds.ts'
import type { read } from './schemas/read.ts'
import type { Incoming } from './transport.ts'

type Request = { readonly method: string; readonly path: string }

/** Reads answers: parses what Spotify sent and checks it against what the operation promises. */
export interface AnswerReader {
  /** Starts loading the schemas, if they are not there yet. */
  prepare(): void
  /** Resolves when `read` can be used. */
  ready(): Promise<void> | undefined
  /** @throws SpotifyApiError `API_BAD_RESPONSE` */
  read(incoming: Incoming, operation: OperationData, request: Request, options: { readonly partial: boolean }): unknown
}

/** The schemas are one chunk that is loaded with the first call: an application that makes none does not pay for them. */
export function createAnswerReader(drop: boolean, emitter: Emitter<SpotifyEvents>): AnswerReader {
  let check: typeof read | undefined
  let loading: Promise<void> | undefined
  const load = (): Promise<void> => {
    loading ??= import('./schemas/read.ts').then(
      (module) => {
        check = module.read
      },
      (error) => {
        loading = undefined
        throw error
      },
    )
    return loading
  }
  return {
    prepare() {
      if (check === undefined) load().catch(() => {})
    },
    ready: () => (check === undefined ? load() : undefined),
    read(incoming, operation, request, { partial }) {
      const kind = operation.answer as Kind
      const promised = {
        kind,
        many: operation.many,
        paged: operation.paging !== undefined,
        within: operation.within,
        partial,
      }
      const body = parse(incoming, request)
      const report = (oddity: { kind: Kind; path: string; dropped: boolean }): void =>
        emitter.emit('response.odd', { request, ...oddity })
      const answer = check?.(body, promised, { drop, report })
      if (answer === undefined) throw badResponse(request, incoming.status)
      return answer
    },
  }
}

/** Parses JSON, whatever its content type says. @throws SpotifyApiError `API_BAD_RESPONSE` for anything else */
export function parse({ text, status }: Incoming, request: Request): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw badResponse(request, status)
  }
}

function badResponse(request: Request, status: number): SpotifyApiError {
  return new SpotifyApiError('API_BAD_RESPONSE', 'The answer is not what the operation promises.', { status, request })
}
