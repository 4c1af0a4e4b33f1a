import { describe, expect, it } from 'vitest'
import { createFakeSpotify, type FakeSpotify } from '../../../src/testing/index.ts'

const redirectUri = 'https://app.example.com/callback'
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

function authorizationUrl(changes: Readonly<Record<string, string | undefined>> = {}): URL {
  const url = new URL('https://accounts.spotify.com/authorize')
  const parameters = {
    client_id: 'app',
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'user-library-read user-read-private',
    state: 'abc',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...changes,
  }
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value)
  return url
}

function decide(fake: FakeSpotify, url: URL, form: Readonly<Record<string, string>>): Promise<Response> {
  return fake.fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' })
}

describe('the authorization page', () => {
  it('lets the user choose an account and shows the requested scopes', async () => {
    const fake = createFakeSpotify()
    const response = await fake.fetch(authorizationUrl())
    const page = await response.text()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toContain('text/html')
    for (const id of ['ada', 'ben', 'cleo', 'dana']) expect(page).toContain(`value="${id}"`)
    expect(page).toContain('user-library-read')
    expect(page).toContain('See what you have saved')
  })

  it('sends the browser back with a code and the state after a yes', async () => {
    const response = await decide(createFakeSpotify(), authorizationUrl(), { user: 'ben', decision: 'approve' })
    expect(response.status).toBe(303)
    const back = new URL(response.headers.get('location') ?? '')
    expect(back.origin + back.pathname).toBe(redirectUri)
    expect(back.searchParams.get('code')).toMatch(/^AQ/)
    expect(back.searchParams.get('state')).toBe('abc')
  })

  it('sends the browser back with access_denied after a no', async () => {
    const response = await decide(createFakeSpotify(), authorizationUrl(), { user: 'ben', decision: 'deny' })
    expect(response.headers.get('location')).toBe(`${redirectUri}?error=access_denied&state=abc`)
  })

  it('keeps a query that the redirect URI has', async () => {
    const fake = createFakeSpotify()
    const back = await fake.approve(authorizationUrl({ redirect_uri: `${redirectUri}?tenant=7` }))
    expect(back.searchParams.get('tenant')).toBe('7')
  })

  it('does not show the page again for granted scopes, except with show_dialog', async () => {
    const fake = createFakeSpotify()
    const first = await decide(fake, authorizationUrl(), { user: 'ada', decision: 'approve' })
    const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const visit = (changes: Readonly<Record<string, string>>): Promise<Response> =>
      fake.fetch(authorizationUrl(changes), { headers: { cookie }, redirect: 'manual' })
    expect((await visit({})).status).toBe(302)
    expect((await visit({ show_dialog: 'true' })).status).toBe(200)
    expect((await visit({ scope: 'user-library-read user-top-read' })).status).toBe(200)
    fake.revoke({ user: 'ada' })
    expect((await visit({})).status).toBe(200)
  })

  it.each([
    ['an unknown client', { client_id: 'other' }, 'INVALID_CLIENT: Invalid client'],
    [
      'a redirect URI that is not registered',
      { redirect_uri: `${redirectUri}/` },
      'INVALID_CLIENT: Invalid redirect URI',
    ],
    ['plain http', { redirect_uri: 'http://app.example.com/cb' }, 'INVALID_CLIENT: Insecure redirect URI'],
    ['localhost by name', { redirect_uri: 'http://localhost:3000/cb' }, 'INVALID_CLIENT: Insecure redirect URI'],
    ['no redirect URI', { redirect_uri: undefined }, 'INVALID_CLIENT: Invalid redirect URI'],
  ])('shows a page and never calls back for %s', async (_, changes, problem) => {
    const fake = createFakeSpotify({ clients: [{ clientId: 'app', redirectUris: [redirectUri] }] })
    const response = await fake.fetch(authorizationUrl(changes))
    expect(response.status).toBe(400)
    expect(await response.text()).toContain(problem)
    await expect(fake.approve(authorizationUrl(changes))).rejects.toThrow(problem)
  })

  it.each([
    ['the implicit grant', { response_type: 'token' }, 'unsupported_response_type'],
    ['a scope that does not exist', { scope: 'user-read-everything' }, 'invalid_scope'],
    ['a challenge that is not hashed', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['a challenge of the wrong length', { code_challenge: 'abc' }, 'invalid_request'],
  ])('calls back with an error for %s', async (_, changes, error) => {
    const back = await createFakeSpotify().approve(authorizationUrl(changes))
    expect(back.searchParams.get('error')).toBe(error)
    expect(back.searchParams.get('state')).toBe('abc')
    expect(back.searchParams.has('code')).toBe(false)
  })

  it('lets a loopback literal that is registered without a port have any', async () => {
    const fake = createFakeSpotify({ clients: [{ clientId: 'app', redirectUris: ['http://127.0.0.1/cb'] }] })
    const back = await fake.approve(authorizationUrl({ redirect_uri: 'http://127.0.0.1:4711/cb' }))
    expect(back.port).toBe('4711')
    await expect(fake.approve(authorizationUrl({ redirect_uri: 'http://127.0.0.1:4711/other' }))).rejects.toThrow(
      'Invalid redirect URI',
    )
  })

  it.each(['http://127.0.0.2/cb', 'http://localhost/cb', 'http://127.0.0.1.evil.example/cb'])(
    'refuses plain http on %s',
    async (uri) => {
      await expect(createFakeSpotify().approve(authorizationUrl({ redirect_uri: uri }))).rejects.toThrow(
        'Insecure redirect URI',
      )
    },
  )

  it('escapes whatever an application puts into it', async () => {
    const fake = createFakeSpotify()
    const page = await (await fake.fetch(authorizationUrl({ client_id: '"><script>alert(1)</script>' }))).text()
    expect(page).not.toContain('<script')
  })

  it('rejects a URL that is no authorization URL', async () => {
    const url = 'https://app.example.com/login'
    await expect(createFakeSpotify().approve(url)).rejects.toThrow('/login is not the path of an authorization URL')
  })

  it('names the user that does not exist', async () => {
    await expect(createFakeSpotify().approve(authorizationUrl(), { user: 'zoe' })).rejects.toThrow('no user zoe')
  })
})
