import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import express from 'express'
import express4 from 'express4'
import { fastify } from 'fastify'
import { Hono } from 'hono'
import { NextRequest } from 'next/server.js'
import type { AdapterOptions, HandlerSource } from '../../../src/http/adapter.ts'
import { stagedoorExpress } from '../../../src/http/express.ts'
import { stagedoorFastify } from '../../../src/http/fastify.ts'
import { stagedoorHono } from '../../../src/http/hono.ts'
import { stagedoorNext } from '../../../src/http/next.ts'
import { type HttpRequest, type HttpResponse, sendOver, sendTo } from './http-client.ts'

export interface RunningHost {
  send(request: HttpRequest): Promise<HttpResponse>
  close(): Promise<void>
}

export type Options = Omit<AdapterOptions<never>, 'owner'>

export interface Host {
  readonly name: string
  /** Mounts the endpoints as in the guide; the header `x-user` is the id of the signed-in user. */
  start(source: HandlerSource, options?: Options): Promise<RunningHost>
}

const anyPort = { host: '127.0.0.1', port: 0 }

function running(server: Server | ServerType): Promise<RunningHost> {
  return new Promise((resolve) => {
    const ready = (): void => {
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      resolve({
        send: (request) => sendOver(origin, request),
        close: () => new Promise((closed) => server.close(() => closed())),
      })
    }
    if (server.listening) ready()
    else server.once('listening', ready)
  })
}

function onNode(listener: RequestListener): Promise<RunningHost> {
  return running(createServer(listener).listen(anyPort))
}

/** Express with other middleware before the endpoints. */
export function expressHost(name: string, make: typeof express, before: (app: express.Express) => void): Host {
  return {
    name,
    start(source, options = {}) {
      const app = make()
      before(app)
      app.use(stagedoorExpress(source, { ...options, owner: (req) => req.get('x-user') }))
      return onNode(app)
    },
  }
}

export const hosts: readonly Host[] = [
  {
    name: 'the bare handler',
    async start(source, options = {}) {
      const handle = source.handler({ ...options, owner: (request) => request.headers.get('x-user') })
      return {
        send: (request) => sendTo((request) => handle(request, undefined), 'http://10.0.0.1', request),
        close: async () => {},
      }
    },
  },
  expressHost('Express 5', express, () => {}),
  expressHost('Express 5 behind body parsers', express, (app) => {
    app.set('trust proxy', true)
    app.use(express.json(), express.urlencoded())
  }),
  expressHost('Express 4', express4, () => {}),
  expressHost('Express 4 behind body parsers', express4, (app) => {
    app.use(express4.json(), express4.urlencoded({ extended: true }))
  }),
  {
    name: 'Express 5 below a prefix',
    start(source, options = {}) {
      const app = express()
      app.use('/api', stagedoorExpress(source, { ...options, owner: (req) => req.get('x-user') }))
      return onNode(app)
    },
  },
  {
    name: 'Node alone, with the middleware for Express',
    start(source, options = {}) {
      const middleware = stagedoorExpress(source, { ...options, owner: (req) => req.headers['x-user']?.toString() })
      return onNode((req, res) => {
        const next = (error?: unknown): void => void res.writeHead(error === undefined ? 404 : 500).end()
        middleware(req as express.Request, res as express.Response, next)
      })
    },
  },
  {
    name: 'Fastify 5',
    async start(source, options = {}) {
      const app = fastify()
      app.register(stagedoorFastify(source, { ...options, owner: ({ headers }) => headers['x-user']?.toString() }))
      await app.listen(anyPort)
      return { ...(await running(app.server)), close: () => app.close() }
    },
  },
  {
    name: 'Fastify 5 below a prefix',
    async start(source, options = {}) {
      const app = fastify()
      const plugin = stagedoorFastify(source, { ...options, owner: ({ headers }) => headers['x-user']?.toString() })
      app.register(plugin, { prefix: '/api' })
      await app.listen(anyPort)
      return { ...(await running(app.server)), close: () => app.close() }
    },
  },
  {
    name: 'Hono 4',
    start(source, options = {}) {
      const app = new Hono()
      app.use(stagedoorHono(source, { ...options, owner: (c) => c.req.header('x-user') }))
      return running(serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }))
    },
  },
  {
    name: 'Hono 4 behind a middleware that reads bodies',
    start(source, options = {}) {
      const app = new Hono()
      app.use(async (c, next) => {
        if (c.req.method === 'POST') await c.req.text()
        await next()
      })
      app.use(stagedoorHono(source, { ...options, owner: (c) => c.req.header('x-user') }))
      return running(serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }))
    },
  },
  {
    name: 'Next.js route handlers',
    async start(source, options = {}) {
      const route = stagedoorNext(source, { ...options, owner: (request) => request.headers.get('x-user') })
      const call = (request: Request): Promise<Response> => {
        const handle = route[request.method as keyof typeof route]
        return handle === undefined
          ? Promise.resolve(new Response(null, { status: 405 }))
          : handle(new NextRequest(request))
      }
      return { send: (request) => sendTo(call, 'http://10.0.0.1', request), close: async () => {} }
    },
  },
]
