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
import { type ListSettings, type PageReader, readPage, startOf } from './page-source.ts'
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
  list<K extends PagedId, Raw extends ItemOf<K> | null = ItemOf<K>>(
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
  libraryContains(uris: readonly string[], options?: RequestOptions): Promise<boolean[]>
  changeLibrary(
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

  /** The result has the type `T` because the schema that the operation names has checked it. */
  function decode<T>(id: OperationId, response: ApiResponse, input: CallInput): T {
    const operation = operationOf(id)
    const result =
      operation.response === undefined
        ? undefined
        : responses.read(response, operation, input.query?.fields !== undefined)
    return result as T
  }

  /** Reads the pages of an operation; `within` is the key that wraps them. */
  function source<P>(
    id: OperationId,
    input: CallInput,
    within: string | undefined,
    options: RequestOptions = {},
  ): ListSettings & PageReader<P> {
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
        return () =>
          within === undefined
            ? decode<P>(id, response, pageInput)
            : (decode<Readonly<Record<string, P>>>(id, response, pageInput)[within] as P)
      },
    }
  }

  const calls: Calls = {
    mode,
    async send(id, input, options, override) {
      const response = await transfer(id, input, options, override?.idempotent)
      return decode<OperationResult<typeof id>>(id, response, input)
    },
    async one(id, kind, reference, query, options) {
      const input: CallInput = { path: idOf(kind, reference), query }
      return decode<OperationResult<typeof id>>(id, await transfer(id, input, options), input)
    },
    async sendOptional(id, input, options) {
      const response = await transfer(id, input, options)
      return response.text.trim() === '' ? undefined : decode<OperationResult<typeof id>>(id, response, input)
    },
    list<K extends PagedId, Raw extends ItemOf<K> | null>(id: K, input: OperationInput<K>, options?: RequestOptions) {
      return paginate<ItemOf<K>, Raw>(source<Page<Raw>>(id, input, operationOf(id).within, options))
    },
    async search(query, options) {
      const first = source<Record<string, Page<unknown>>>('search', { query }, undefined, options)
      const { page: results } = await readPage(first, first.start)
      for (const type of query.type) {
        const key = `${type}s`
        const page = results[key] ?? { items: [], total: 0, next: null }
        const rest = source<Page<unknown>>('search', { query: { ...query, type: [type] } }, key, options)
        results[key] = Object.defineProperties(page, nonEnumerable(paginate(rest, page)))
      }
      return results
    },
    async many(id, kind, ids, query, options) {
      const key = String(operationOf(id).many)
      const plainIds = ids.map((one) => idOf(kind, one))
      const results = await calls.batches(id, plainIds, async (batch) => {
        const input: CallInput = { query: { ...query, ids: batch } }
        const response = await transfer(id, input, options)
        return decode<Readonly<Record<string, (MemberOf<typeof id> | null)[]>>>(id, response, input)
      })
      return results.flatMap((result) => result[key] ?? [])
    },
    batches: (id, values, send) => inBatches(values, operationOf(id).batch?.size ?? 1, send),
    async libraryContains(uris, options) {
      const id = 'check-library-contains'
      const results = await calls.batches(id, uris, (batch) => calls.send(id, { query: { uris: batch } }, options))
      return results.flat()
    },
    async changeLibrary(id, uris, options) {
      await calls.batches(id, uris, (batch) => calls.send(id, { query: { uris: batch } }, options))
    },
  }
  return calls
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
