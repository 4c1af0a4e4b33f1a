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

/** What the groups of a client are written with. */
export interface Calls {
  readonly mode: AppMode
  /** Sends one operation. `idempotent` overrides what the operation's data says. */
  send<K extends OperationId>(
    id: K,
    input: OperationInput<K>,
    options?: RequestOptions,
    override?: { readonly idempotent: boolean },
  ): Promise<OperationResult<K>>
  /** Asks for one object by its id, its URI or its link. */
  one<K extends OneId>(
    id: K,
    kind: Kind,
    reference: string,
    query?: Query<K>,
    options?: RequestOptions,
  ): Promise<OperationResult<K>>
  /** As `send`, for answers that can be empty. */
  perhaps<K extends OperationId>(
    id: K,
    input: OperationInput<K>,
    options?: RequestOptions,
  ): Promise<OperationResult<K> | undefined>
  /** The pages of an operation, read when they are asked for. */
  list<K extends PagedId, Raw = ItemOf<K>>(
    id: K,
    input: OperationInput<K>,
    options?: RequestOptions,
  ): Paginated<ItemOf<K>, Raw>
  /** Searches, and makes the page of each type one that can be read on. */
  search(query: SearchInput, options?: RequestOptions): Promise<Record<string, Page<unknown>>>
  /** Asks for several objects by id, in batches, and gives them in order. */
  many<K extends ManyId>(
    id: K,
    kind: Kind,
    ids: readonly string[],
    query: Omit<Query<K>, 'ids'> | undefined,
    options?: RequestOptions,
  ): Promise<(MemberOf<K> | null)[]>
  /** Sends any number of values to an operation, as many at a time as it takes, one request after the other. */
  batches<T>(id: OperationId, values: readonly string[], send: (batch: readonly string[]) => Promise<T>): Promise<T[]>
  library(id: 'check-library-contains', uris: readonly string[], options?: RequestOptions): Promise<boolean[]>
  library(
    id: 'save-library-items' | 'remove-library-items',
    uris: readonly string[],
    options?: RequestOptions,
  ): Promise<void>
}

type SearchInput = Query<'search'>

/** What all clients of one application share. */
export interface Shared {
  readonly base: string
  readonly mode: AppMode
  readonly pipeline: Pipeline
  readonly answers: ResponseReader
  /** The page sizes that turned out to be allowed, by operation. */
  readonly sizes: Map<OperationId, number>
  readonly keepNull: boolean
  readonly hasRoom: () => boolean
}

interface Given {
  readonly path?: PathValues | undefined
  readonly query?: Readonly<Record<string, unknown>> | undefined
  readonly body?: unknown
}

/** The calls of one token source. */
export function createCalls(shared: Shared, token: AccessTokenSource, scopeSource: ScopeSource): Calls {
  const { base, mode, pipeline, answers, sizes } = shared

  /** Sends an operation. Not `async` itself: every turn of the event loop's queue is felt in a call this short. */
  function transfer(
    id: OperationId,
    given: Given,
    options: RequestOptions = {},
    idempotent?: boolean,
  ): Promise<ApiResponse> {
    const operation = operationOf(id)
    const { method, path } = operation
    const url = base + expand(path, given.path) + queryString(given.query)
    let contentType: string | undefined
    let body: string | undefined
    if (given.body !== undefined) {
      const json = operation.body !== 'image/jpeg'
      contentType = json ? 'application/json' : 'image/jpeg'
      body = json ? JSON.stringify(given.body) : String(given.body)
    }
    const outgoing = { method, url, contentType, body, request: { method, path } }
    const repeats = idempotent ?? operation.idempotent
    const work = { outgoing, operation, scope: path, idempotent: repeats, token, scopes: undefined }
    if (operation.scopes === undefined || scopeSource === undefined) return dispatch(work, options)
    const go = (scopes: readonly string[] | undefined): Promise<ApiResponse> => {
      checkScopes(operation, scopes, given.query?.uris as readonly string[] | undefined)
      return dispatch({ ...work, scopes }, options)
    }
    return typeof scopeSource === 'function' ? scopeSource().then(go) : go(scopeSource)
  }

  function dispatch(work: ApiCall, options: RequestOptions): Promise<ApiResponse> {
    const sent = pipeline.send(work, options)
    // The schemas arrive while the first request is under way.
    const loading = work.operation?.answer === undefined ? undefined : answers.load()
    return loading === undefined ? sent : sent.then((incoming) => loading.then(() => incoming))
  }

  function decode(id: OperationId, incoming: ApiResponse, given: Given): unknown {
    const operation = operationOf(id)
    if (operation.answer === undefined) return undefined
    return answers.read(incoming, operation, given.query?.fields !== undefined)
  }

  async function send(
    id: OperationId,
    given: Given,
    options?: RequestOptions,
    override?: { readonly idempotent: boolean },
  ): Promise<unknown> {
    return decode(id, await transfer(id, given, options, override?.idempotent), given)
  }

  /** Reads the pages of an operation; `within` is the key that wraps them. */
  function source(
    id: OperationId,
    given: Given,
    within: string | undefined,
    options: RequestOptions = {},
  ): PageSource<unknown> {
    const operation = operationOf(id)
    const { limit, offset, after, before, ...rest } = given.query ?? {}
    const allowed = operation.page
    const usual = allowed?.[mode] ?? 50
    return {
      paging: operation.paging ?? 'offset',
      base,
      start: startOf({ after, before, offset }),
      end: id === 'search' ? 1000 : undefined,
      signal: options.signal,
      size: () => (typeof limit === 'number' ? limit : (sizes.get(id) ?? usual)),
      shrink(size) {
        // A page size that the caller chose is his to change.
        if (typeof limit === 'number' || allowed === undefined) return false
        const smaller = size > allowed.development ? allowed.development : allowed.default
        if (smaller >= size) return (sizes.get(id) ?? size) < size
        sizes.set(id, Math.min(smaller, sizes.get(id) ?? smaller))
        return true
      },
      keepNull: shared.keepNull,
      hasRoom: shared.hasRoom,
      async request(position, size, signal) {
        const input = { ...given, query: { ...rest, ...position, limit: size } }
        const incoming = await transfer(id, input, signal === undefined ? options : { ...options, signal })
        return () => {
          const answer = decode(id, incoming, input)
          return (within === undefined ? answer : (answer as Record<string, unknown>)[within]) as Page<unknown>
        }
      },
    }
  }

  const calls = {
    mode,
    send,
    async one(id: OperationId, kind: Kind, reference: string, query?: object, options?: RequestOptions) {
      const given: Given = { path: idOf(kind, reference), query: query as Given['query'] }
      return decode(id, await transfer(id, given, options), given)
    },
    async perhaps(id: OperationId, given: Given, options?: RequestOptions): Promise<unknown> {
      const incoming = await transfer(id, given, options)
      return incoming.text.trim() === '' ? undefined : decode(id, incoming, given)
    },
    list: (id: PagedId, given: Given, options?: RequestOptions) =>
      paginate(source(id, given, operationOf(id).within, options)),
    async search(query: SearchInput, options?: RequestOptions): Promise<Record<string, Page<unknown>>> {
      const first = source('search', { query }, undefined, options)
      const found = (await readPage(first, first.start)).page as unknown as Record<string, Page<unknown>>
      for (const type of query.type) {
        const key = `${type}s`
        const page = found[key] ?? { items: [], total: 0, next: null }
        const rest = source('search', { query: { ...query, type: [type] } }, key, options)
        found[key] = Object.defineProperties(page, hidden(paginate(rest, page)))
      }
      return found
    },
    async many(
      id: ManyId,
      kind: Kind,
      ids: readonly string[],
      query: object | undefined,
      options?: RequestOptions,
    ): Promise<unknown[]> {
      const bare = ids.map((one) => idOf(kind, one))
      const key = operationOf(id).many
      const answers = await calls.batches(id, bare, (batch) => send(id, { query: { ...query, ids: batch } }, options))
      return answers.flatMap((answer) => (answer as Record<string, unknown[]>)[String(key)] ?? [])
    },
    batches: <T>(
      id: OperationId,
      values: readonly string[],
      send: (batch: readonly string[]) => Promise<T>,
    ): Promise<T[]> => inBatches(values, operationOf(id).batch?.size ?? 1, send),
    async library(id: OperationId, uris: readonly string[], options?: RequestOptions): Promise<unknown> {
      const answers = await calls.batches(id, uris, (batch) => send(id, { query: { uris: batch } }, options))
      return id === 'check-library-contains' ? answers.flat() : undefined
    },
  }
  // The types of inputs and answers follow from the operations' data, which the code above reads at run time.
  return calls as unknown as Calls
}

/** The methods of a list as properties that do not show when the page is printed or compared. */
function hidden(list: Paginated<unknown>): PropertyDescriptorMap {
  return {
    page: { value: list.page },
    pages: { value: list.pages },
    toArray: { value: list.toArray },
    [Symbol.asyncIterator]: { value: list[Symbol.asyncIterator] },
  }
}
