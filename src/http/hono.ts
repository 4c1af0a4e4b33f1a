import type { Context, Env, MiddlewareHandler } from 'hono'
import { type AdapterOptions, type HandlerSource, mount } from './adapter.ts'

export type { AdapterOptions } from './adapter.ts'

/** What Hono assumes of variables and bindings where nobody has said: nothing. */
type Untyped = Context extends Context<infer E> ? E : never

/**
 * The endpoints as a middleware for Hono 4, to be mounted with `app.use`, behind the session. Requests for other paths
 * go on to the next middleware. Below `app.route` or `basePath` of Hono, our `basePath` is still the whole path.
 *
 * @throws {ConfigError} as `createHandler` does.
 */
export function stagedoorHono<E extends Env = Untyped>(
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
