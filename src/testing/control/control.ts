import { isObject } from '../../internal/is-object.ts'
import { isLoopback } from '../../internal/loopback.ts'
import type { FakeSpotify } from '../fake-spotify.ts'
import type { FaultRule } from '../faults.ts'
import { empty, html, json, redirect } from '../response.ts'
import { controlPage } from './control-page.ts'
import { grantList, requestList, stateSummary, tokenList, userSummary } from './summary.ts'

type Input = Readonly<Record<string, unknown>>

/**
 * The fake's control interface for other processes and for browsers: a page at `/` and JSON under `/_fake/`. It only
 * accepts loopback hosts, and only JSON requests or forms of the page itself may change state, so that other web pages
 * cannot.
 */
export async function control(fake: FakeSpotify, request: Request): Promise<Response | undefined> {
  const url = new URL(request.url)
  if (url.pathname !== '/' && !url.pathname.startsWith('/_fake/')) return undefined
  if (!isLoopback(url.hostname, { localhost: true, exact: true })) return problem(403, 'use a loopback address')
  if (url.pathname === '/') return request.method === 'GET' ? page(fake) : problem(405, 'the page only supports GET')
  const name = url.pathname.slice('/_fake/'.length)
  if (request.method === 'GET') return read(fake, name, url.searchParams)
  const isJson = /^application\/json\b/i.test(request.headers.get('content-type') ?? '')
  const fromPage = request.headers.get('origin') === url.origin
  if (!isJson && !fromPage && request.method !== 'DELETE') return problem(415, 'send application/json')
  let input: Input
  try {
    input = await readInput(request, isJson)
  } catch {
    return problem(400, 'the body must be a JSON object')
  }
  try {
    const response = await write(fake, `${request.method} ${name}`, input)
    return fromPage && !isJson && response.status < 400 ? redirect(303, '/') : response
  } catch (error) {
    return problem(400, error instanceof Error ? error.message : 'the request failed')
  }
}

function page(fake: FakeSpotify): Response {
  return html(200, controlPage(fake), { 'referrer-policy': 'same-origin' })
}

function problem(status: number, error: string): Response {
  return json(status, { error })
}

async function readInput(request: Request, isJson: boolean): Promise<Input> {
  const body = await request.text()
  if (body === '') return {}
  if (!isJson)
    return Object.fromEntries([...new URLSearchParams(body)].map(([key, value]) => [key, parseFormValue(value)]))
  const value: unknown = JSON.parse(body)
  if (!isObject(value)) throw new TypeError('not an object')
  return value
}

/** Form values are always text. */
function parseFormValue(value: string): unknown {
  if (value === 'true' || value === 'false') return value === 'true'
  return /^\d+$/.test(value) ? Number(value) : value
}

function read(fake: FakeSpotify, name: string, query: URLSearchParams): Response {
  const limit = Number(query.get('limit') ?? 200)
  switch (name) {
    case 'state':
      return json(200, stateSummary(fake))
    case 'requests':
      return json(200, requestList(fake, limit))
    case 'tokens':
      return json(200, tokenList(fake, limit))
    case 'grants':
      return json(200, grantList(fake))
    case 'faults':
      return json(
        200,
        fake.faults.map(({ rule, hits }, id) => ({ id, hits, rule })),
      )
    default:
      return problem(404, `there is no resource ${name}`)
  }
}

async function write(fake: FakeSpotify, route: string, input: Input): Promise<Response> {
  const user = optionalText(input.user)
  switch (route) {
    case 'POST reset':
      fake.reset()
      return empty(204)
    case 'POST clock':
      fake.clock.advance(Number(input.advance ?? 0))
      return json(200, { now: fake.clock.now() })
    case 'POST faults':
      fake.fail(input as FaultRule)
      return json(201, { id: fake.faults.length - 1 })
    case 'POST faults/clear':
    case 'DELETE faults':
      for (const fault of fake.faults) fault.remove()
      return empty(204)
    case 'POST tokens':
      return json(201, fake.issue({ user, clientId: optionalText(input.clientId), scopes: optionalList(input.scopes) }))
    case 'POST revoke':
      fake.revoke({ user, clientId: optionalText(input.clientId), accessTokens: input.accessTokens === true })
      return empty(204)
    case 'POST approve':
      return json(200, { url: await fake.approve(String(input.url), { user, deny: input.deny === true }) })
    case 'POST state':
    case 'PATCH state':
      return changeState(fake, input)
    default:
      return changeUser(fake, route, input)
  }
}

function changeState(fake: FakeSpotify, input: Input): Response {
  if (typeof input.ownerPremium === 'boolean') fake.state.ownerPremium = input.ownerPremium
  switch (input.appMode) {
    case 'development':
    case 'development-2025':
    case 'extended':
    case 'extended-2024':
      fake.state.appMode = input.appMode
  }
  return json(200, stateSummary(fake))
}

function changeUser(fake: FakeSpotify, route: string, input: Input): Response {
  const id = /^(?:PATCH|POST) users\/(.+)$/.exec(route)?.[1]
  const user = id === undefined ? undefined : fake.state.users.get(decodeURIComponent(id))
  if (user === undefined) return problem(404, `there is no action ${route}`)
  if (typeof input.allowlisted === 'boolean') user.allowlisted = input.allowlisted
  if (input.product === 'premium' || input.product === 'free') user.product = input.product
  if (typeof input.country === 'string') user.country = input.country
  if (typeof input.displayName === 'string' || input.displayName === null) user.displayName = input.displayName
  return json(200, userSummary(user))
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function optionalList(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.map(String) : undefined
}
