import type { Request, RequestHandler } from 'express'
import { type AdapterOptions, type HandlerSource, mount } from './adapter.ts'
import { publicUrl, send, toRequest } from './node.ts'

export type { AdapterOptions } from './adapter.ts'

/**
 * The endpoints as a middleware for Express 4 and 5, to be mounted with `app.use`, after the session and before or
 * after body parsers. Requests for other paths are passed to the next middleware. Mounted below a prefix, `basePath` is
 * still the whole path, as the browser sees it.
 *
 * @throws {ConfigError} as `createHandler` does.
 *
 * @example
 * ```ts
 * import { stagedoorExpress } from 'stagedoor/express'
 *
 * app.use(stagedoorExpress(stagedoor, { owner: (req) => req.session.userId }))
 * ```
 */
export function stagedoorExpress(stagedoor: HandlerSource, options: AdapterOptions<Request>): RequestHandler {
  const handle = mount(stagedoor, options)
  return (req, res, next) => {
    // Connect and similar frameworks have no originalUrl.
    const url = publicUrl(req.originalUrl ?? req.url, handle.origin)
    if (url === undefined || !handle.serves(url)) return next()
    toRequest(req, url, req.body)
      .then((request) => handle(request, req))
      .then((response) => send(response, res))
      .catch(next)
  }
}
