import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { type AdapterOptions, type HandlerSource, mount } from './adapter.ts'
import { publicUrl, toRequest } from './node.ts'
import { prefixed } from './site.ts'

export type { AdapterOptions } from './adapter.ts'

/**
 * The endpoints as a plugin for Fastify 5: `app.register(stagedoorFastify(stagedoor, { owner }))`, after the session
 * plugin. Registered with a prefix, `basePath` is still the whole path, as the browser sees it.
 *
 * @throws {ConfigError} as `createHandler` does; `CONFIG_REDIRECT_URI` also, while registering, for a redirect URI
 *   outside of the prefix.
 *
 * @example
 * ```ts
 * import { fastify } from 'fastify'
 * import { stagedoorFastify } from 'stagedoor/fastify'
 *
 * const app = fastify()
 * app.register(stagedoorFastify(stagedoor, { owner: (request) => userOf(request.headers.cookie) }))
 * ```
 */
export function stagedoorFastify(
  stagedoor: HandlerSource,
  options: AdapterOptions<FastifyRequest>,
): FastifyPluginAsync {
  const handle = mount(stagedoor, options)
  return async (app) => {
    // Only within this plugin: the handler reads the body itself, with its own limit.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, done) => done(null))
    for (const path of handle.paths) {
      app.all(prefixed(path, app.prefix), async (request, reply) => {
        const url = publicUrl(request.raw.url, handle.origin)
        if (url === undefined || !handle.serves(url)) return reply.callNotFound()
        return reply.send(await handle(await toRequest(request.raw, url, request.body), request))
      })
    }
  }
}
