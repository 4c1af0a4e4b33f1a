import type { AnyStagedoorError } from '../errors.ts'
import type { Answering } from './answering.ts'
import type { HandledConnections } from './connection.ts'
import { checkOwner, createSite, type SiteOptions } from './site.ts'

/** How the handler fits into the application that mounts it. */
export interface HandlerOptions<C> extends SiteOptions {
  /**
   * Who is signed in to the host application: its own, stable id of the user, at most 255 bytes. `undefined` is
   * answered with 401. `context` is the framework's own request.
   */
  readonly owner: (request: Request, context: C) => string | null | undefined | Promise<string | null | undefined>
  /** Path under which the endpoints lie, as the browser sees it. @default '/api/v1/spotify' */
  readonly basePath?: string | undefined
  /** The application's public origin. Never taken from the `Host` header. @default the redirect URI's origin */
  readonly origin?: string | undefined
  /** Other origins whose pages may call the endpoints with the user's cookies. @default none */
  readonly allowedOrigins?: readonly string[] | undefined
  /** Where a completed sign-in leads when it named no `returnTo`. @default '/' */
  readonly afterConnect?: string | undefined
  /** Where a failed sign-in leads, with `error=CODE` added. @default a small page of our own */
  readonly afterError?: string | undefined
  /** Scopes that `GET auth?scope=…` may ask for on top of those every sign-in asks for. @default none */
  readonly scopes?: readonly string[] | undefined
  /** Sees every error that was answered with a status of 500 or above, for the host's log. What it throws is ignored. */
  readonly onError?: ((error: AnyStagedoorError) => void) | undefined
}

/** What a handler works on. */
export interface HandlerParts {
  readonly connections: HandledConnections
  readonly redirectUri: string
  /** What every sign-in asks for: the default of `connections.begin`. */
  readonly scopes?: readonly string[] | undefined
}

/** A request handler that frameworks mount. */
export interface Handler<C> {
  (request: Request, context: C): Promise<Response>
  /** The application's public origin. */
  readonly origin: string
  readonly basePath: string
  /** The paths that are served, to register them with a router: the endpoints, and the redirect URI's own path. */
  readonly paths: readonly string[]
  /** Whether a request for this URL is the handler's; its origin is ignored. Anything else belongs to the host. */
  serves(url: URL): boolean
}

/**
 * Makes the handler of the endpoints `auth`, `callback`, `connection` and `health`. Every {@link StagedoorError} is
 * answered: to programs as `application/problem+json` (RFC 9457), to people as a page or through `afterError`. What the
 * host's own `owner` throws rejects the promise and is left to the host's error handling.
 *
 * @throws {ConfigError} `CONFIG_MISSING` without `owner`, `CONFIG_INVALID` for a malformed option, `CONFIG_REDIRECT_URI`
 *   for a redirect URI that no route serves.
 */
export function createHandler<C>(parts: HandlerParts, options: HandlerOptions<C>): Handler<C> {
  checkOwner(options)
  const site = createSite(parts.redirectUri, options)
  // What answers requests loads with the first one: a process that serves none never pays for it.
  let answering: Promise<Answering<C>> | undefined

  async function load(): Promise<Answering<C>> {
    const { createAnswering } = await import('./answering.ts')
    return createAnswering(parts, options, site)
  }

  async function handle(request: Request, context: C): Promise<Response> {
    answering ??= load().catch((error: unknown) => {
      // A file that could not be read just now must not end the handler.
      answering = undefined
      throw error
    })
    return (await answering)(request, context)
  }

  return Object.assign(handle, {
    origin: site.origin,
    basePath: site.base,
    paths: site.paths,
    serves: (url: URL) => site.route(url) !== undefined,
  })
}
