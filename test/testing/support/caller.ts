import type { FakeSpotify, IssueOptions } from '../../../src/testing/index.ts'

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: bodies of any shape are read in these tests
  readonly body: any
}

export interface Call {
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

/** Calls the Web API of a fake as one user: `await call('GET /me')`. */
export function callerOf(fake: FakeSpotify, issue: IssueOptions = {}) {
  const { accessToken } = fake.issue(issue)
  return (route: string, options: Call = {}): Promise<Reply> => send(fake, route, accessToken, options)
}

export async function send(
  fake: FakeSpotify,
  route: string,
  token: string | undefined,
  call: Call = {},
): Promise<Reply> {
  const [method = 'GET', path = ''] = route.split(' ')
  const init: RequestInit = {
    method,
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...call.headers },
  }
  if (call.body !== undefined) init.body = typeof call.body === 'string' ? call.body : JSON.stringify(call.body)
  const response = await fake.fetch(`https://api.spotify.com/v1${path}`, init)
  const text = await response.text()
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {}
  return { status: response.status, headers: response.headers, text, body }
}

export async function postToken(
  fake: FakeSpotify,
  form: Readonly<Record<string, string>>,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const url = 'https://accounts.spotify.com/api/token'
  const response = await fake.fetch(url, { method: 'POST', body: new URLSearchParams(form), headers })
  const text = await response.text()
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {}
  return { status: response.status, headers: response.headers, text, body }
}
