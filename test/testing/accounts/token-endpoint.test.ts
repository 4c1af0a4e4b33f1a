import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createFakeSpotify, type FakeSpotify } from '../../../src/testing/index.ts'
import { postToken, send } from '../support/caller.ts'

const redirectUri = 'https://app.example.com/callback'
const verifier = 'correct-horse-battery-staple-correct-horse-battery'
const challenge = createHash('sha256').update(verifier).digest('base64url')
const start = Date.UTC(2026, 0, 15)

async function codeFor(fake: FakeSpotify, { clientId = 'app', pkce = true } = {}): Promise<string> {
  const url = new URL('https://accounts.spotify.com/authorize')
  url.search = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'user-library-read user-read-private',
    ...(pkce ? { code_challenge: challenge, code_challenge_method: 'S256' } : {}),
  }).toString()
  return (await fake.approve(url)).searchParams.get('code') ?? ''
}

const exchangeForm = (code: string, changes: Readonly<Record<string, string>> = {}) => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: redirectUri,
  client_id: 'app',
  code_verifier: verifier,
  ...changes,
})
const refreshForm = (token: string, clientId = 'app') => ({
  grant_type: 'refresh_token',
  refresh_token: token,
  client_id: clientId,
})
const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

async function signIn(fake: FakeSpotify) {
  return (await postToken(fake, exchangeForm(await codeFor(fake)))).body
}

describe('the token endpoint', () => {
  it('exchanges a code with its verifier for tokens that work', async () => {
    const fake = createFakeSpotify({ clock: start })
    const { status, body, headers } = await postToken(fake, exchangeForm(await codeFor(fake)))
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toEqual({
      access_token: expect.stringMatching(/^BQ/),
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: expect.stringMatching(/^AQ/),
      scope: 'user-library-read user-read-private',
    })
    expect((await send(fake, 'GET /me', body.access_token)).body).toMatchObject({ id: 'ada', product: 'premium' })
  })

  it('exchanges a code without a challenge for the secret of a confidential client', async () => {
    const fake = createFakeSpotify({ clients: [{ clientId: 'app', clientSecret: 's3cret' }] })
    const form = { grant_type: 'authorization_code', redirect_uri: redirectUri }
    const code = await codeFor(fake, { pkce: false })
    expect((await postToken(fake, { ...form, code, client_id: 'app' })).body).toEqual({ error: 'invalid_client' })
    const reply = await postToken(fake, { ...form, code }, basic('app', 's3cret'))
    expect(reply.status).toBe(200)
    const refresh = { grant_type: 'refresh_token', refresh_token: reply.body.refresh_token }
    expect((await postToken(fake, { ...refresh, client_id: 'app' })).body).toEqual({ error: 'invalid_client' })
    expect((await postToken(fake, refresh, basic('app', 's3cret'))).status).toBe(200)
    expect((await postToken(fake, { ...refresh, client_id: 'app', client_secret: 's3cret' })).status).toBe(200)
  })

  it('takes a code once, also when two exchanges arrive together', async () => {
    const fake = createFakeSpotify()
    const code = await codeFor(fake)
    const replies = await Promise.all([postToken(fake, exchangeForm(code)), postToken(fake, exchangeForm(code))])
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 400])
    const { body } = await postToken(fake, exchangeForm(code))
    expect(body).toEqual({ error: 'invalid_grant', error_description: 'Invalid authorization code' })
  })

  it('takes a code for ten minutes', async () => {
    const fake = createFakeSpotify({ clock: start })
    const [early, late] = [await codeFor(fake), await codeFor(fake)]
    fake.clock.advance(599_999)
    expect((await postToken(fake, exchangeForm(early))).status).toBe(200)
    fake.clock.advance(1)
    expect((await postToken(fake, exchangeForm(late))).body.error_description).toBe('Authorization code expired')
  })

  it.each([
    ['another redirect URI', { redirect_uri: `${redirectUri}/` }, 'invalid_grant', 'Invalid redirect URI'],
    ['the wrong verifier', { code_verifier: 'x'.repeat(64) }, 'invalid_grant', 'code_verifier was incorrect'],
    ['a verifier that is too short', { code_verifier: 'x' }, 'invalid_grant', 'code_verifier was incorrect'],
    ['another client', { client_id: 'other' }, 'invalid_grant', 'Invalid authorization code'],
    ['a made-up code', { code: 'AQnothing' }, 'invalid_grant', 'Invalid authorization code'],
    ['an unknown grant type', { grant_type: 'password' }, 'unsupported_grant_type', expect.any(String)],
  ])('refuses an exchange with %s', async (_, changes, error, description) => {
    const fake = createFakeSpotify()
    const reply = await postToken(fake, exchangeForm(await codeFor(fake), changes))
    expect(reply.status).toBe(400)
    expect(reply.body).toEqual({ error, error_description: description })
  })

  it('has different errors for wrong clients and secrets', async () => {
    const fake = createFakeSpotify({ clients: [{ clientId: 'app', clientSecret: 's3cret' }] })
    const form = { grant_type: 'client_credentials' }
    expect((await postToken(fake, form)).body).toEqual({ error: 'invalid_client' })
    expect((await postToken(fake, form, basic('unknown', 'x'))).body.error_description).toBe('Invalid client')
    expect((await postToken(fake, form, basic('app', 'x'))).body.error_description).toBe('Invalid client secret')
    expect((await postToken(fake, form, { authorization: 'Basic %%%' })).body.error_description).toBe('Invalid client')
    expect((await postToken(fake, form, basic('app', 's3cret'))).body).toEqual({
      access_token: expect.stringMatching(/^BQ/),
      token_type: 'Bearer',
      expires_in: 3600,
    })
  })

  it('returns no refresh token from a refresh, as Spotify does since 2026', async () => {
    const fake = createFakeSpotify()
    const tokens = await signIn(fake)
    const { status, body } = await postToken(fake, refreshForm(tokens.refresh_token))
    expect(status).toBe(200)
    expect(body).not.toHaveProperty('refresh_token')
    expect(body.scope).toBe('user-library-read user-read-private')
    expect(body.access_token).not.toBe(tokens.access_token)
    expect((await postToken(fake, refreshForm(tokens.refresh_token))).status).toBe(200)
  })

  it('can rotate refresh tokens, and revokes the old one then', async () => {
    const fake = createFakeSpotify({ rotation: 'pkce' })
    const tokens = await signIn(fake)
    const { body } = await postToken(fake, refreshForm(tokens.refresh_token))
    expect(body.refresh_token).toMatch(/^AQ/)
    const again = await postToken(fake, refreshForm(tokens.refresh_token))
    expect(again.body).toEqual({ error: 'invalid_grant', error_description: 'Refresh token revoked' })
    expect((await postToken(fake, refreshForm(body.refresh_token))).status).toBe(200)
  })

  it('lets exactly one of two refreshes with a rotating token succeed', async () => {
    const fake = createFakeSpotify({ rotation: 'always' })
    const { refresh_token: token } = await signIn(fake)
    const replies = await Promise.all(Array.from({ length: 5 }, () => postToken(fake, refreshForm(token))))
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  it('expires refresh tokens six months after the authorization, however often they were used', async () => {
    const fake = createFakeSpotify({ clock: start })
    const { refresh_token: token } = await signIn(fake)
    fake.clock.advance(Date.UTC(2026, 6, 15) - start - 1)
    expect((await postToken(fake, refreshForm(token))).status).toBe(200)
    fake.clock.advance(1)
    expect((await postToken(fake, refreshForm(token))).body).toEqual({
      error: 'invalid_grant',
      error_description: 'Refresh token expired',
    })
  })

  it('refuses refresh tokens that are unknown or of another client alike', async () => {
    const fake = createFakeSpotify()
    const { refresh_token: token } = await signIn(fake)
    const unknown = { error: 'invalid_grant', error_description: 'Invalid refresh token' }
    expect((await postToken(fake, refreshForm('AQnothing'))).body).toEqual(unknown)
    expect((await postToken(fake, refreshForm(token, 'other'))).body).toEqual(unknown)
    expect((await postToken(fake, { grant_type: 'refresh_token', client_id: 'app' })).body.error).toBe(
      'invalid_request',
    )
  })

  it('ends refresh tokens at once when the user revokes, and access tokens only as they expire', async () => {
    const fake = createFakeSpotify({ clock: start })
    const tokens = await signIn(fake)
    fake.revoke({ user: 'ada' })
    expect((await postToken(fake, refreshForm(tokens.refresh_token))).body.error_description).toBe(
      'Refresh token revoked',
    )
    expect((await send(fake, 'GET /me', tokens.access_token)).status).toBe(200)
    fake.clock.advance(3_600_000)
    expect((await send(fake, 'GET /me', tokens.access_token)).status).toBe(401)
    expect(fake.grants).toMatchObject([{ userId: 'ada', clientId: 'app', revokedAt: start }])
  })

  it('refuses JSON where a form belongs', async () => {
    const fake = createFakeSpotify()
    const response = await fake.fetch('https://accounts.spotify.com/api/token', { method: 'POST', body: '{}' })
    expect(await response.json()).toMatchObject({ error: 'unsupported_grant_type' })
  })
})
