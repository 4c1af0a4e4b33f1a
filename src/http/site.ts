import { ConfigError } from '../errors.ts'
import { sameOriginPath } from '../internal/same-origin.ts'

export type RouteName = 'auth' | 'callback' | 'connection' | 'health'

/** The checked options of a handler: its origin, paths and destinations. None of it is taken from a request. */
export interface Site {
  /** The public origin of the application. */
  readonly origin: string
  /** Whether login cookies carry the `__Host-` prefix. */
  readonly secure: boolean
  readonly base: string
  readonly redirectUri: string
  /** Absent when the redirect URI is a page of another allowed origin, which posts the callback's parameters here. */
  readonly redirectPath: string | undefined
  readonly allowedOrigins: ReadonlySet<string>
  readonly afterConnect: string
  readonly afterError: string | undefined
  /** Every path that is served. */
  readonly paths: readonly string[]
  /** The route of a URL, by exact path. */
  route(url: URL): RouteName | undefined
}

/** Where the handler is mounted, and where the browser goes afterwards. */
export interface SiteOptions {
  /** Path below which the endpoints are served, as the browser sees it. @default '/api/v1/spotify' */
  readonly basePath?: string | undefined
  /** The application's public origin. Never taken from the `Host` header. @default the redirect URI's origin */
  readonly origin?: string | undefined
  /** Other origins whose pages may call the endpoints with the user's cookies. @default none */
  readonly allowedOrigins?: readonly string[] | undefined
  /** Where a completed sign-in leads when it named no `returnTo`. @default '/' */
  readonly afterConnect?: string | undefined
  /** Where a failed sign-in leads, with `error=CODE` added. @default a small built-in page */
  readonly afterError?: string | undefined
}

function originOf(value: string, option: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || (value !== url.origin && value !== `${url.origin}/`))
    throw new ConfigError('CONFIG_INVALID', `${option} must be an origin such as https://app.example, without a path.`)
  return url.origin
}

function destination(value: string, option: string, origin: string, allowed: ReadonlySet<string>): string {
  const path = sameOriginPath(value, origin)
  if (path !== undefined) return path
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url !== undefined && url.username === '' && (url.origin === origin || allowed.has(url.origin))) return url.href
  throw new ConfigError('CONFIG_INVALID', `${option} must be a path of the application, or a URL of a listed origin.`)
}

/** Checks a handler's options. Throws `ConfigError`. */
export function createSite(redirectUri: string, options: SiteOptions): Site {
  const redirect = URL.canParse(redirectUri) ? new URL(redirectUri) : undefined
  if (redirect === undefined || !/^https?:$/.test(redirect.protocol))
    throw new ConfigError('CONFIG_REDIRECT_URI', 'The handler needs an http or https redirect URI.')
  const origin = options.origin === undefined ? redirect.origin : originOf(options.origin, 'origin')
  const allowedOrigins = new Set((options.allowedOrigins ?? []).map((value) => originOf(value, 'allowedOrigins')))
  if (!origin.startsWith(redirect.protocol))
    throw new ConfigError('CONFIG_REDIRECT_URI', 'The redirect URI and the origin must both be https, or neither.')
  if (redirect.origin !== origin && !allowedOrigins.has(redirect.origin))
    throw new ConfigError('CONFIG_REDIRECT_URI', 'No route serves the redirect URI: it is on another origin.')

  const basePath = options.basePath ?? '/api/v1/spotify'
  if (sameOriginPath(basePath, origin) !== basePath || /[?#]/.test(basePath))
    throw new ConfigError('CONFIG_INVALID', 'basePath must be a plain path such as /api/v1/spotify.')
  const base = basePath.replace(/\/$/, '')
  const routes = new Map<string, RouteName>([
    [`${base}/auth`, 'auth'],
    [`${base}/callback`, 'callback'],
    [`${base}/connection`, 'connection'],
    [`${base}/health`, 'health'],
  ])
  const redirectPath = redirect.origin === origin ? redirect.pathname : undefined
  const servedRoute = redirectPath === undefined ? undefined : routes.get(redirectPath)
  if (servedRoute !== undefined && servedRoute !== 'callback')
    throw new ConfigError(
      'CONFIG_REDIRECT_URI',
      `The redirect URI is the path of ${servedRoute}, which is not a callback.`,
    )

  const { afterError } = options
  return {
    origin,
    secure: origin.startsWith('https:'),
    base,
    redirectUri: redirect.href,
    redirectPath,
    allowedOrigins,
    afterConnect: destination(options.afterConnect ?? '/', 'afterConnect', origin, allowedOrigins),
    afterError: afterError === undefined ? undefined : destination(afterError, 'afterError', origin, allowedOrigins),
    paths: [...new Set([...routes.keys(), ...(redirectPath === undefined ? [] : [redirectPath])])],
    route(url) {
      const name = routes.get(url.pathname)
      if (name !== undefined || url.pathname !== redirectPath) return name
      // The path may also be a page of the host, such as `/`: only a redirect from the provider is for the handler.
      const { searchParams } = url
      return searchParams.has('state') || searchParams.has('code') || searchParams.has('error') ? 'callback' : undefined
    },
  }
}

/** @throws {ConfigError} `CONFIG_MISSING` without a function that returns the signed-in user */
export function checkOwner(options: { readonly owner?: unknown } | undefined): void {
  if (typeof options?.owner === 'function') return
  throw new ConfigError('CONFIG_MISSING', 'owner is missing: a function that returns the id of the signed-in user.')
}

/** `path` relative to a router's `prefix`. Throws `ConfigError` where the router cannot serve it. */
export function prefixed(path: string, prefix: string): string {
  const root = prefix.replace(/\/$/, '')
  if (root === '') return path
  if (path.startsWith(`${root}/`)) return path.slice(root.length)
  throw new ConfigError('CONFIG_REDIRECT_URI', 'A path of the handler is outside of the prefix it is mounted below.')
}
