import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConnectionError, LoginError, StoreError } from '../../src/errors.ts'
import type { HandlerSource } from '../../src/http/adapter.ts'
import { createHandler } from '../../src/http/handler.ts'
import { cases } from './support/cases.ts'
import { connection, connectionsDouble, redirectUri } from './support/connections-double.ts'
import { hosts, type RunningHost } from './support/hosts.ts'
import type { HttpRequest, HttpResponse } from './support/http-client.ts'

const cleared = ['stagedoor_login_new=; Max-Age=0; Path=/']
const connections = connectionsDouble({
  async complete({ url }) {
    if (url.searchParams.has('error')) throw new LoginError('LOGIN_DENIED', 'Declined.', { setCookies: cleared })
    if (!url.searchParams.has('code')) throw new LoginError('LOGIN_CALLBACK_INVALID', 'No code.')
    return { connection, setCookies: cleared }
  },
  get: async (ownerId) => (ownerId === 'alice' ? connection : undefined),
  async health(ownerId) {
    if (ownerId === 'carol') throw new StoreError('STORE_UNAVAILABLE', 'The database does not respond.')
    if (ownerId === 'dave') throw new ConnectionError('CONNECTION_REFRESH_FAILED', 'Later.', { ownerId })
    return { status: 'healthy', checkedAt: new Date(0), api: { status: 'ok' } }
  },
})
const source: HandlerSource = {
  handler: (options) => createHandler({ connections, redirectUri, scopes: ['user-library-read'] }, options),
}
const options = { afterConnect: '/home', afterError: '/oops', allowedOrigins: ['https://web.example'] }

/** What a server adds on its own. */
const servers = new Set([
  'connection',
  'content-length',
  'date',
  'etag',
  'keep-alive',
  'transfer-encoding',
  'x-powered-by',
])
const comparable = (response: HttpResponse) => ({
  status: response.status,
  headers: [...response.headers].filter(([name]) => !servers.has(name)).map(withoutNonce),
  text: withoutNonce(response.text),
})
const withoutNonce = <T extends string | [string, string]>(value: T): T => {
  const one = (text: string) => text.replace(/nonce(-|=")[\w-]{22}/g, 'nonce$1')
  return (typeof value === 'string' ? one(value) : [value[0], one(value[1])]) as T
}

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await start(source, options)
  })
  afterAll(() => host.close())

  test.each(cases)('$name: $status', async ({ name: _, status, responseHeaders = {}, contains, ...request }) => {
    const response = await host.send(request)
    expect(response.status, response.text).toBe(status)
    for (const [header, value] of Object.entries(responseHeaders)) {
      if (value === null) expect(response.headers.get(header)).toBeNull()
      else expect(response.headers.get(header)).toContain(value)
    }
    if (contains === '') expect(response.text).toBe('')
    else if (contains !== undefined) expect(response.text).toContain(contains)
    expect(comparable(response)).toEqual(comparable(await bare(request)))
  })

  test('several cookies arrive one by one', async () => {
    const response = await host.send({ method: 'GET', path: '/api/v1/spotify/auth', headers: { 'x-user': 'alice' } })
    expect(response.headers.getSetCookie()).toEqual([
      'stagedoor_login_new=sealed; Max-Age=600; Path=/',
      'stagedoor_login_old=; Max-Age=0; Path=/',
    ])
  })

  test('a path that is not of the handler is served by the host', async () => {
    const response = await host.send({ method: 'GET', path: '/api/v1/spotify/library', headers: { 'x-user': 'alice' } })
    expect(response.status).toBe(404)
  })
})

let first: Promise<RunningHost> | undefined
async function bare(sent: HttpRequest): Promise<HttpResponse> {
  first ??= hosts[0]!.start(source, options)
  return (await first).send(sent)
}
