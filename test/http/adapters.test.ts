import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConnectionError, LoginError, StoreError } from '../../src/errors.ts'
import type { HandlerSource } from '../../src/http/adapter.ts'
import { createHandler } from '../../src/http/handler.ts'
import { cases } from './cases.ts'
import { connection, connectionsDouble, redirectUri } from './connections-double.ts'
import { hosts, type Running } from './hosts.ts'
import type { Answer, Sent } from './http-client.ts'

const cleared = ['stagedoor_login_new=; Max-Age=0; Path=/']
const connections = connectionsDouble({
  async complete({ url }) {
    if (url.searchParams.has('error')) throw new LoginError('LOGIN_DENIED', 'Declined.', { setCookies: cleared })
    if (!url.searchParams.has('code')) throw new LoginError('LOGIN_CALLBACK_INVALID', 'No code.')
    return { connection, setCookies: cleared }
  },
  get: async (ownerId) => (ownerId === 'alice' ? connection : undefined),
  async health(ownerId) {
    if (ownerId === 'carol') throw new StoreError('STORE_UNAVAILABLE', 'The database does not answer.')
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
const comparable = (answer: Answer) => ({
  status: answer.status,
  headers: [...answer.headers].filter(([name]) => !servers.has(name)).map(withoutNonce),
  text: withoutNonce(answer.text),
})
const withoutNonce = <T extends string | [string, string]>(value: T): T => {
  const one = (text: string) => text.replace(/nonce(-|=")[\w-]{22}/g, 'nonce$1')
  return (typeof value === 'string' ? one(value) : [value[0], one(value[1])]) as T
}

describe.each(hosts)('$name', ({ start }) => {
  let host: Running
  beforeAll(async () => {
    host = await start(source, options)
  })
  afterAll(() => host.close())

  test.each(cases)('$name: $status', async ({ name: _, status, answer = {}, contains, ...sent }) => {
    const got = await host.send(sent)
    expect(got.status, got.text).toBe(status)
    for (const [header, value] of Object.entries(answer)) {
      if (value === null) expect(got.headers.get(header)).toBeNull()
      else expect(got.headers.get(header)).toContain(value)
    }
    if (contains === '') expect(got.text).toBe('')
    else if (contains !== undefined) expect(got.text).toContain(contains)
    expect(comparable(got)).toEqual(comparable(await bare(sent)))
  })

  test('several cookies arrive one by one', async () => {
    const got = await host.send({ method: 'GET', path: '/api/v1/spotify/auth', headers: { 'x-user': 'alice' } })
    expect(got.headers.getSetCookie()).toEqual([
      'stagedoor_login_new=sealed; Max-Age=600; Path=/',
      'stagedoor_login_old=; Max-Age=0; Path=/',
    ])
  })

  test('a path that is not ours is answered by the host', async () => {
    const got = await host.send({ method: 'GET', path: '/api/v1/spotify/library', headers: { 'x-user': 'alice' } })
    expect(got.status).toBe(404)
  })
})

let first: Promise<Running> | undefined
async function bare(sent: Sent): Promise<Answer> {
  first ??= hosts[0]!.start(source, options)
  return (await first).send(sent)
}
