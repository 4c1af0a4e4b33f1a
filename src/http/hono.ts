import type { Context, Env, MiddlewareHandler } from 'hono'
import { type AdapterOptions, type HandlerSource, mount } from './adapter.ts'

export type { AdapterOptions } from './adapter.ts'

/** The type of variables and bindings that Hono assumes by default. */
type DefaultEnv = Context extends Context<infer E> ? E : never

/**
 * The endpoints as a middleware for Hono 4, to be mounted with `app.use`, after the session. Requests for other paths
 * are passed to the next middleware. Below `app.route` or Hono's `basePath`, our `basePath` is still the whole path.
 *
 * @throws {ConfigError} as `createHandler` does.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono'
 * import { stagedoorHono } from 'stagedoor/hono'
 *
 * const app = new Hono()
 * app.use(stagedoorHono(stagedoor, { owner: (c) => userOf(c.req.header('cookie')) }))
 * ```
 */
export function stagedoorHono<E extends Env = DefaultEnv>(
  stagedoor: HandlerSource,
  options: AdapterOptions<Context<E>>,
): MiddlewareHandler<E> {
  const handle = mount(stagedoor, options)
  return async (c, next) => {
    const { raw } = c.req
    if (!handle.serves(new URL(raw.url))) return next()
    // Where a middleware has read the body, Hono still has it.
    const request = raw.bodyUsed ? new Request(raw.url, { ...head(raw), body: await c.req.text() }) : raw
    return handle(request, c)
  }
}

function head(request: Request): { method: string; headers: Headers } {
  return { method: request.method, headers: request.headers }
}
