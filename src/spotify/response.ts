import { SpotifyApiError } from '../errors.ts'
import type { Emitter } from '../internal/emitter.ts'
import { lazy } from '../internal/lazy.ts'
import type { SpotifyEvents } from './events.ts'
import type { OperationData } from './operations/operation.ts'
import type { ApiResponse } from './transport.ts'

type Request = { readonly method: string; readonly path: string }

/** Reads responses: parses the body and checks it against the schema of the operation. */
export interface ResponseReader {
  /** Loads the schemas; returns `undefined` if they are loaded. Call `read` only after it has resolved. */
  load(): Promise<unknown> | undefined
  /**
   * @param partial whether the caller requested some fields only
   * @throws SpotifyApiError `API_BAD_RESPONSE`
   */
  read(response: ApiResponse, operation: OperationData, partial: boolean): unknown
}

/** With the first call: a process that makes none does not load zod. */
const schemas = lazy(() => import('./schemas/read.ts'))

export function createResponseReader(drop: boolean, emitter: Emitter<SpotifyEvents>): ResponseReader {
  return {
    load() {
      return schemas.value === undefined ? schemas.load() : undefined
    },
    read(response, operation, partial) {
      const { method, path } = operation
      const body = parse(response, operation)
      const result = schemas.value?.read(body, operation, partial, drop, (mismatch) =>
        emitter.emit('response.unexpected', { request: { method, path }, ...mismatch }),
      )
      if (result === undefined) throw badResponse(operation, response.status)
      return result
    },
  }
}

/** Parses JSON, regardless of its content type. @throws SpotifyApiError `API_BAD_RESPONSE` for anything else */
export function parse({ text, status }: ApiResponse, request: Request): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw badResponse(request, status)
  }
}

function badResponse({ method, path }: Request, status: number): SpotifyApiError {
  const message = 'The response does not have the form that the operation describes.'
  return new SpotifyApiError('API_BAD_RESPONSE', message, { status, request: { method, path } })
}
