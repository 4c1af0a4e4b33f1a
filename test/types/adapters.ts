import type { Request as ExpressRequest } from 'express'
import express from 'express'
import { type FastifyRequest, fastify } from 'fastify'
import { type Context, Hono } from 'hono'
import type { NextRequest } from 'next/server.js'
import { stagedoorExpress } from '../../src/http/express.ts'
import { stagedoorFastify } from '../../src/http/fastify.ts'
import { stagedoorHono } from '../../src/http/hono.ts'
import { stagedoorNext } from '../../src/http/next.ts'
import type { Stagedoor } from '../../src/index.ts'

declare const stagedoor: Stagedoor
declare function same<T>(value: T): string | undefined

type Variables = { userId: string }

express().use(stagedoorExpress(stagedoor, { owner: (req) => same<ExpressRequest>(req) }))
fastify().register(stagedoorFastify(stagedoor, { owner: async (request) => same<FastifyRequest>(request) }))
new Hono().use(stagedoorHono(stagedoor, { owner: (c) => same<Context>(c) }))
new Hono<{ Variables: Variables }>().use(stagedoorHono(stagedoor, { owner: (c) => c.get('userId') }))
new Hono<{ Variables: Variables }>().use(
  stagedoorHono<{ Variables: Variables }>(stagedoor, { owner: (c) => c.get('userId') satisfies string }),
)
new Hono<{ Variables: Variables }>().use('/api/*', stagedoorHono(stagedoor, { owner: (c) => c.var.userId }))
stagedoorNext(stagedoor, { owner: (request) => same<NextRequest>(request) ?? null })

// @ts-expect-error owner is what the handler cannot do without
stagedoorExpress(stagedoor, {})
// @ts-expect-error a numeric id is not converted silently
stagedoorExpress(stagedoor, { owner: () => 42 })
// @ts-expect-error there is no such variable
stagedoorHono<{ Variables: Variables }>(stagedoor, { owner: (c) => c.get('user') })

const options = { afterConnect: process.env.AFTER, afterError: undefined, basePath: undefined, origin: undefined }
stagedoor.handler<{ userId: string }>({
  ...options,
  owner: (request: Request, context) => context.userId + request.url,
})
