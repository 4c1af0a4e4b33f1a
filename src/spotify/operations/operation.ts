import type { KnownScope } from '../../oauth/providers/spotify-scopes.ts'

/** The access that Spotify granted to an application: since February 2026 it differs by application, not by endpoint. */
export type AppMode = 'development' | 'extended'

/** A method of HTTP that the Web API uses. */
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** The type of a parameter or body field; a `?` marks it as optional. `strings` are joined with commas in a query. */
type FieldKind = 'string' | 'integer' | 'number' | 'boolean' | 'strings' | 'object' | 'objects'
type Field = FieldKind | `${FieldKind}?`

/** One operation of the Web API, as data. */
export interface OperationData {
  readonly method: Method
  /** The path below the API's base, with `{name}` in place of each path parameter. */
  readonly path: `/${string}`
  readonly query?: Readonly<Record<string, Field>>
  /** The fields of the JSON body, or the media type of another body. */
  readonly body?: Readonly<Record<string, Field>> | 'image/jpeg'
  /** The kind of object in the response; absent when the response's body is ignored. */
  readonly response?: string
  /** The response contains a list of such objects: under this key, or, when `true`, the body is the list. */
  readonly many?: string | true
  /** The response is a page of such objects. */
  readonly paging?: 'offset' | 'cursor'
  /** The key under which the response contains its page. */
  readonly within?: string
  /** The scopes to request from the user. */
  readonly scopes?: readonly Scope[]
  /** The scopes without which the operation fails for sure; default all of `scopes`. The others add fields or rows. */
  readonly required?: readonly Scope[]
  /** At least one of these is needed. */
  readonly oneOf?: readonly Scope[]
  /** The largest page size by application mode, and the one that Spotify uses by default. */
  readonly page?: { readonly development: number; readonly extended: number; readonly default: number }
  /** How many ids or URIs one request accepts, and in which part of it. */
  readonly batch?: {
    readonly of: 'ids' | 'uris' | 'items' | 'tracks'
    readonly in: 'query' | 'body'
    readonly size: number
  }
  readonly availability: 'current' | 'removed-2024-11' | 'removed-2026-02'
  /** What to use in place of a removed operation. */
  readonly replacement?: string
  /** Whether sending it twice has the effect of sending it once, so that it may be retried. */
  readonly idempotent: boolean
  /** A playback command: it may have taken effect without a response, and must not be repeated after a timeout. */
  readonly playback?: true
  /** The public methods that send it. */
  readonly by: readonly string[]
}

/** The authorization scopes of the Web API. */
export type Scope = KnownScope

type Value<F extends Field> = F extends `${infer K extends FieldKind}?`
  ? Value<K>
  : F extends 'string'
    ? string
    : F extends 'integer' | 'number'
      ? number
      : F extends 'boolean'
        ? boolean
        : F extends 'strings'
          ? readonly string[]
          : F extends 'object'
            ? Readonly<Record<string, unknown>>
            : readonly Readonly<Record<string, unknown>>[]

type Simplify<T> = { [K in keyof T]: T[K] }

/** The object that a set of fields describes. */
export type Input<F> = Simplify<
  { -readonly [K in keyof F as F[K] extends `${string}?` ? never : K]: F[K] extends Field ? Value<F[K]> : never } & {
    -readonly [K in keyof F as F[K] extends `${string}?` ? K : never]?: F[K] extends Field
      ? Value<F[K]> | undefined
      : never
  }
>

/** The names in braces of a path template. */
export type PathNames<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathNames<Rest>
  : never
