import { invalidArgument, SpotifyApiError } from '../errors.ts'
import { sameOrigin } from '../internal/same-origin.ts'
import type { ApiCall } from './attempt.ts'
import type { Method } from './operations/operation.ts'
import { operations } from './operations/operations.ts'
import type { AccessTokenSource } from './options.ts'
import { queryString } from './path.ts'

/** What every Standard Schema library (zod, valibot, arktype, …) offers: https://standardschema.dev, version 1. */
export interface StandardSchema<T> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<T> | Promise<StandardResult<T>>
    readonly types?: { readonly input: unknown; readonly output: T } | undefined
  }
}

/** The result of a schema: the value, or what is wrong with it. */
export type StandardResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] }

/** A request to the Web API. */
export interface RequestInput<T = unknown> {
  /** Only `GET` is repeated without `retries`. @default 'GET' */
  readonly method?: Method | undefined
  /** The path below the API's base, such as `/me`, with ids encoded: use the `path` tag. Or a whole URL on the API's origin. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>> | undefined
  /** Sent as JSON. */
  readonly body?: unknown
  readonly schema?: StandardSchema<T> | undefined
}

/**
 * The URL of a free request. It carries the token, so it must be on the API's origin and below its base.
 * @throws TypeError `INVALID_ARGUMENT`
 */
function urlOf(base: string, { path, query }: Pick<RequestInput, 'path' | 'query'>): URL {
  const url = sameOrigin(/^https?:/i.test(path) ? path : base + path, base)
  const root = new URL(base).pathname.replace(/\/$/, '')
  const relative = !/^https?:/i.test(path)
  if (relative && (!path.startsWith('/') || path.startsWith('//')))
    throw invalidArgument('Expected a path that starts with one slash.')
  if (url === undefined || !url.pathname.startsWith(`${root}/`)) {
    throw invalidArgument("Expected a path below the API's base, or a URL on its origin.")
  }
  if (/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path.replace(/[?#].*$/, '')))
    throw invalidArgument('Expected a path without dot segments.')
  const search = queryString(query)
  if (search !== '') url.search = url.search === '' ? search : `${url.search}&${search.slice(1)}`
  url.hash = ''
  return url
}

const knownSegments: ReadonlySet<string> = new Set(Object.values(operations).flatMap(({ path }) => path.split('/')))

/** A path with `{id}` in place of every segment that no operation has in its template: what an error may show. */
function templateOf(pathname: string): string {
  return pathname
    .split('/')
    .map((part) => (knownSegments.has(part) && !part.startsWith('{') ? part : '{id}'))
    .join('/')
}

/** The call that the pipeline sends for a free request. @throws TypeError `INVALID_ARGUMENT` as {@link urlOf} */
export function callOf(base: string, input: RequestInput, token: AccessTokenSource): ApiCall {
  const { method = 'GET', body } = input
  const url = urlOf(base, input)
  const request = { method, path: templateOf(url.pathname.slice(new URL(base).pathname.length)) }
  const json = body === undefined ? undefined : JSON.stringify(body)
  const contentType = json === undefined ? undefined : 'application/json'
  return {
    outgoing: { method, url: url.href, contentType, body: json, request },
    operation: undefined,
    scope: request.path,
    idempotent: method === 'GET',
    token,
    scopes: undefined,
  }
}

/** Checks a response with the caller's schema. */
export async function validate<T>(
  schema: StandardSchema<T> | undefined,
  value: unknown,
  request: { readonly method: string; readonly path: string },
): Promise<T> {
  if (schema === undefined) return value as T
  const result = await schema['~standard'].validate(value)
  if (result.issues === undefined) return result.value
  throw new SpotifyApiError('API_BAD_RESPONSE', 'The response does not match the schema.', { request })
}
