import type { ApiCall } from './attempt.ts'
import { checkScopes } from './check-scopes.ts'
import { inBatches } from './chunk.ts'
import type { AppMode } from './operations/operation.ts'
import {
  type ItemOf,
  type ManyId,
  type MemberOf,
  type OneId,
  type OperationId,
  type OperationInput,
  type OperationResult,
  operationOf,
  type PagedId,
  type Query,
} from './operations/operations.ts'
import type { AccessTokenSource, RequestOptions, ScopeSource } from './options.ts'
import { type PageSource, readPage, startOf } from './page-source.ts'
import { type Paginated, paginate } from './paginate.ts'
import { expand, type PathValues, queryString } from './path.ts'
import type { Pipeline } from './pipeline.ts'
import type { ResponseReader } from './response.ts'
import type { Page } from './schemas/kinds.ts'
import type { ApiResponse } from './transport.ts'
import { idOf, type Kind } from './uri.ts'

/** The calls that the methods of a client are composed of. */
export interface Calls {
  readonly mode: AppMode
  /** Sends one operation. `idempotent` overrides what the operation's data says. */
  send<K extends OperationId>(
    id: K,
    input: OperationInput<K>,
    options?: RequestOptions,
    override?: { readonly idempotent: boolean },
  ): Promise<OperationResult<K>>
  /** Requests one object by its id, its URI or its link. */
  one<K extends OneId>(
    id: K,
    kind: Kind,
    reference: string,
    query?: Query<K>,
    options?: RequestOptions,
  ): Promise<OperationResult<K>>
  /** As `send`, for responses that can be empty. */
  sendOptional<K extends OperationId>(
    id: K,
    input: OperationInput<K>,
    options?: RequestOptions,
  ): Promise<OperationResult<K> | undefined>
  /** The pages of an operation, read when they are requested. */
  list<K extends PagedId, Raw = ItemOf<K>>(
    id: K,
    input: OperationInput<K>,
    options?: RequestOptions,
  ): Paginated<ItemOf<K>, Raw>
  /** Searches; the page of each type is also a list that can be iterated. */
  search(query: SearchInput, options?: RequestOptions): Promise<Record<string, Page<unknown>>>
  /** Requests several objects by id, in batches, and returns them in order. */
  many<K extends ManyId>(
    id: K,
    kind: Kind,
    ids: readonly string[],
    query: Omit<Query<K>, 'ids'> | undefined,
    options?: RequestOptions,
  ): Promise<(MemberOf<K> | null)[]>
  /** Sends any number of values to an operation, as many at a time as it accepts, one request after the other. */
  batches<T>(id: OperationId, values: readonly string[], send: (batch: readonly string[]) => Promise<T>): Promise<T[]>
  library(id: 'check-library-contains', uris: readonly string[], options?: RequestOptions): Promise<boolean[]>
  library(
    id: 'save-library-items' | 'remove-library-items',
    uris: readonly string[],
    options?: RequestOptions,
  ): Promise<void>
}

type SearchInput = Query<'search'>

/** What all clients of one application have in common. */
export interface ClientContext {
  readonly base: string
  readonly mode: AppMode
  readonly pipeline: Pipeline
  readonly responses: ResponseReader
  /** The page sizes that Spotify accepted after refusing larger ones, by operation. */
  readonly pageSizes: Map<OperationId, number>
  readonly keepNull: boolean
  readonly hasRoom: () => boolean
}

interface CallInput {
  readonly path?: PathValues | undefined
  readonly query?: Readonly<Record<string, unknown>> | undefined
  readonly body?: unknown
}

/** The calls of one token source. */
export function createCalls(context: ClientContext, token: AccessTokenSource, scopeSource: ScopeSource): Calls {
  const { base, mode, pipeline, responses, pageSizes } = context

  /** Sends an operation. Not `async` itself, since each microtask counts in a call this short. */
  function transfer(
    id: OperationId,
    input: CallInput,
    options: RequestOptions = {},
    idempotent?: boolean,
  ): Promise<ApiResponse> {
    const operation = operationOf(id)
    const { method, path } = operation
    const url = base + expand(path, input.path) + queryString(input.query)
    let contentType: string | undefined
    let body: string | undefined
    if (input.body !== undefined) {
      const json = operation.body !== 'image/jpeg'
      contentType = json ? 'application/json' : 'image/jpeg'
      body = json ? JSON.stringify(input.body) : String(input.body)
    }
    const outgoing = { method, url, contentType, body, request: { method, path } }
    const isIdempotent = idempotent ?? operation.idempotent
    const call = { outgoing, operation, scope: path, idempotent: isIdempotent, token, scopes: undefined }
    if (operation.scopes === undefined || scopeSource === undefined) return dispatch(call, options)
    const check = (scopes: readonly string[] | undefined): Promise<ApiResponse> => {
      checkScopes(operation, scopes, input.query?.uris as readonly string[] | undefined)
      return dispatch({ ...call, scopes }, options)
    }
    return typeof scopeSource === 'function' ? scopeSource().then(check) : check(scopeSource)
  }

  function dispatch(call: ApiCall, options: RequestOptions): Promise<ApiResponse> {
    const sent = pipeline.send(call, options)
    // The schemas arrive while the first request is under way.
    const loading = call.operation?.response === undefined ? undefined : responses.load()
    return loading === undefined ? sent : sent.then((response) => loading.then(() => response))
  }

  function decode(id: OperationId, response: ApiResponse, input: CallInput): unknown {
    const operation = operationOf(id)
    if (operation.response === undefined) return undefined
    return responses.read(response, operation, input.query?.fields !== undefined)
  }

  async function send(
    id: OperationId,
    input: CallInput,
    options?: RequestOptions,
    override?: { readonly idempotent: boolean },
  ): Promise<unknown> {
    return decode(id, await transfer(id, input, options, override?.idempotent), input)
  }

  /** Reads the pages of an operation; `within` is the key that wraps them. */
  function source(
    id: OperationId,
    input: CallInput,
    within: string | undefined,
    options: RequestOptions = {},
  ): PageSource<unknown> {
    const operation = operationOf(id)
    const { limit, offset, after, before, ...rest } = input.query ?? {}
    const allowed = operation.page
    const defaultSize = allowed?.[mode] ?? 50
    return {
      paging: operation.paging ?? 'offset',
      base,
      start: startOf({ after, before, offset }),
      end: id === 'search' ? 1000 : undefined,
      signal: options.signal,
      size: () => (typeof limit === 'number' ? limit : (pageSizes.get(id) ?? defaultSize)),
      shrink(size) {
        // A page size that the caller chose is not changed.
        if (typeof limit === 'number' || allowed === undefined) return false
        const smaller = size > allowed.development ? allowed.development : allowed.default
        if (smaller >= size) return (pageSizes.get(id) ?? size) < size
        pageSizes.set(id, Math.min(smaller, pageSizes.get(id) ?? smaller))
        return true
      },
      keepNull: context.keepNull,
      hasRoom: context.hasRoom,
      async request(position, size, signal) {
        const pageInput = { ...input, query: { ...rest, ...position, limit: size } }
        const response = await transfer(id, pageInput, signal === undefined ? options : { ...options, signal })
        return () => {
          const result = decode(id, response, pageInput)
          return (within === undefined ? result : (result as Record<string, unknown>)[within]) as Page<unknown>
        }
      },
    }
  }

  const calls = {
    mode,
    send,
    async one(id: OperationId, kind: Kind, reference: string, query?: object, options?: RequestOptions) {
      const input: CallInput = { path: idOf(kind, reference), query: query as CallInput['query'] }
      return decode(id, await transfer(id, input, options), input)
    },
    async sendOptional(id: OperationId, input: CallInput, options?: RequestOptions): Promise<unknown> {
      const response = await transfer(id, input, options)
      return response.text.trim() === '' ? undefined : decode(id, response, input)
    },
    list: (id: PagedId, input: CallInput, options?: RequestOptions) =>
      paginate(source(id, input, operationOf(id).within, options)),
    async search(query: SearchInput, options?: RequestOptions): Promise<Record<string, Page<unknown>>> {
      const first = source('search', { query }, undefined, options)
      const results = (await readPage(first, first.start)).page as unknown as Record<string, Page<unknown>>
      for (const type of query.type) {
        const key = `${type}s`
        const page = results[key] ?? { items: [], total: 0, next: null }
        const rest = source('search', { query: { ...query, type: [type] } }, key, options)
        results[key] = Object.defineProperties(page, nonEnumerable(paginate(rest, page)))
      }
      return results
    },
    async many(
      id: ManyId,
      kind: Kind,
      ids: readonly string[],
      query: object | undefined,
      options?: RequestOptions,
    ): Promise<unknown[]> {
      const plainIds = ids.map((one) => idOf(kind, one))
      const key = operationOf(id).many
      const results = await calls.batches(id, plainIds, (batch) =>
        send(id, { query: { ...query, ids: batch } }, options),
      )
      return results.flatMap((result) => (result as Record<string, unknown[]>)[String(key)] ?? [])
    },
    batches: <T>(
      id: OperationId,
      values: readonly string[],
      send: (batch: readonly string[]) => Promise<T>,
    ): Promise<T[]> => inBatches(values, operationOf(id).batch?.size ?? 1, send),
    async library(id: OperationId, uris: readonly string[], options?: RequestOptions): Promise<unknown> {
      const results = await calls.batches(id, uris, (batch) => send(id, { query: { uris: batch } }, options))
      return id === 'check-library-contains' ? results.flat() : undefined
    },
  }
  // The types of inputs and results follow from the operations' data, which the code above reads at run time.
  return calls as unknown as Calls
}

/** The methods of a list as properties that do not show when the page is printed or compared. */
function nonEnumerable(list: Paginated<unknown>): PropertyDescriptorMap {
  return {
    page: { value: list.page },
    pages: { value: list.pages },
    toArray: { value: list.toArray },
    [Symbol.asyncIterator]: { value: list[Symbol.asyncIterator] },
  }
}
