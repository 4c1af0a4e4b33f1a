import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createWorld, paths } from './support/world.ts'

const origin = 'http://127.0.0.1:3000'
const expected = new Set([200, 204, 302, 303, 400, 401, 403, 404, 405, 413, 414, 415])
const destinations = new Set([origin, 'https://accounts.spotify.com'])

const word = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.webQueryParameters(),
  fc.constantFrom('', '//e', '/\\e', '%', '\r\n', '__proto__'),
)
const name = fc.oneof(
  fc.constantFrom('code', 'state', 'iss', 'error', 'returnTo', 'scope', 'showDialog', 'stagedoor_repeated'),
  word,
)
const query = fc.array(fc.tuple(name, word), { maxLength: 6 }).map((pairs) => {
  return pairs
    .map(([key, value]) => `${encodeURIComponent(key.toWellFormed())}=${encodeURIComponent(value.toWellFormed())}`)
    .join('&')
})
const rawQuery = fc.oneof(query, fc.webQueryParameters())
const cookie = fc.oneof(
  fc.constant('stagedoor_login_0123456789abcdef=a.b.c.d.e'),
  fc.string().map((text) => `stagedoor_login_${text}`),
  fc.string(),
)
const headers = fc.record(
  {
    'x-user': fc.constantFrom('alice', 'bob'),
    accept: fc.constantFrom('application/json', 'text/html', '*/*', ';;q=,', 'application/json;q=x'),
    origin: fc.constantFrom(origin, 'https://evil.example', 'null', 'https://web.example', ''),
    'sec-fetch-site': fc.constantFrom('same-origin', 'cross-site', 'none', 'x'),
    'sec-fetch-mode': fc.constantFrom('navigate', 'cors', 'x'),
    'content-type': fc.constantFrom('application/json', 'text/plain', 'application/json; charset=x', ''),
    'content-length': fc.constantFrom('0', '1', '99999', 'x', '-1'),
    host: fc.constantFrom('evil.example', ''),
    cookie,
  },
  { requiredKeys: [] },
)
const body = fc.oneof(
  fc.json(),
  fc.string(),
  fc.object().map((value) => JSON.stringify(value)),
  fc.constant(undefined),
)
const requests = fc.record({
  method: fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PUT', 'PATCH', 'QUERY'),
  path: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...Object.values(paths)) },
    { weight: 1, arbitrary: fc.webPath() },
  ),
  query: rawQuery,
  headers,
  body,
})

test('any request results in a documented response, and leads to no redirect elsewhere and no connection', async () => {
  const world = createWorld()
  const handle = world.source.handler<undefined>({
    owner: (request) => request.headers.get('x-user'),
    allowedOrigins: ['https://web.example'],
    scopes: ['user-top-read'],
  })
  let responses = 0
  const property = fc.asyncProperty(requests, async ({ method, path, query, headers, body }) => {
    const sent: Record<string, string> = {}
    for (const [header, value] of Object.entries(headers)) {
      // What no HTTP parser lets through does not reach a handler.
      if (value !== undefined && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) sent[header] = value
    }
    const bodied = method !== 'GET' && method !== 'HEAD' && body !== undefined
    const request = new Request(`${origin}${path}?${query}`, { method, headers: sent, body: bodied ? body : null })
    const response = await handle(request, undefined)
    responses++
    expect(expected).toContain(response.status)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    const location = response.headers.get('location')
    if (location !== null) expect(destinations).toContain(new URL(location, origin).origin)
    const text = await response.text()
    const type = response.headers.get('content-type') ?? ''
    if (/json/.test(type) && method !== 'HEAD') expect(() => JSON.parse(text)).not.toThrow()
    if (/problem/.test(type) && method !== 'HEAD') expect(JSON.parse(text).status).toBe(response.status)
    if (/html/.test(type) && method !== 'HEAD') expect(text.match(/<(script|img|iframe|form|object)/gi)).toBeNull()
  })
  await fc.assert(property, { numRuns: 1000 })
  expect(responses).toBe(1000)
  expect(await world.stored()).toEqual([])
  expect(world.fake.tokens).toEqual([])
})
