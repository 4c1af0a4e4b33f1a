import { inspect } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import { createOAuth } from '../../src/oauth/oauth.ts'
import { spotifyProvider } from '../../src/oauth/providers/spotify.ts'
import type { LoginTransaction } from '../../src/oauth/transaction.ts'

const code = 'the-code-that-must-not-leak'
let time = 1_700_000_000_000
let tokenRequests = 0
const oauth = createOAuth({
  provider: spotifyProvider,
  clientId: 'client',
  redirectUri: 'https://app.example/callback',
  now: () => time,
  fetch: async () => {
    tokenRequests++
    return Response.json({ access_token: 'a', token_type: 'Bearer', expires_in: 3600, refresh_token: 'r' })
  },
})

let transaction: LoginTransaction
beforeEach(async () => {
  tokenRequests = 0
  transaction = (await oauth.authorize()).transaction
})

const callback = (query: string): URL => new URL(`https://app.example/callback?${query}`)
const good = (): string => `code=${code}&state=${transaction.state}`

describe('the authorization URL', () => {
  it('asks for a code with an S256 challenge, the state and the scopes of library, playlists and follows', async () => {
    const { url, transaction } = await oauth.authorize({ showDialog: true })
    expect(url.origin + url.pathname).toBe('https://accounts.spotify.com/authorize')
    const { code_challenge, ...rest } = Object.fromEntries(url.searchParams)
    expect(rest).toEqual({
      response_type: 'code',
      client_id: 'client',
      redirect_uri: 'https://app.example/callback',
      scope:
        'user-library-read user-library-modify playlist-read-private playlist-read-collaborative playlist-modify-public playlist-modify-private user-follow-read user-follow-modify',
      state: transaction.state,
      code_challenge_method: 'S256',
      show_dialog: 'true',
    })
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(transaction.codeVerifier))
    expect(code_challenge).toBe(Buffer.from(digest).toString('base64url'))
    expect(transaction.codeVerifier).toMatch(/^[\w.~-]{43,128}$/)
  })

  it('never repeats a state or a verifier', async () => {
    const many = await Promise.all(Array.from({ length: 200 }, () => oauth.authorize()))
    expect(new Set(many.map((each) => each.transaction.state)).size).toBe(200)
    expect(new Set(many.map((each) => each.transaction.codeVerifier)).size).toBe(200)
  })

  it('refuses a scope that would change the meaning of the list', async () => {
    for (const scope of ['a b', 'a"b', '', 'a\nb']) {
      await expect(oauth.authorize({ scopes: [scope] })).rejects.toMatchObject({
        name: 'TypeError',
        code: 'INVALID_ARGUMENT',
      })
    }
  })
})

describe('a callback', () => {
  it('returns tokens for its own transaction', async () => {
    const tokens = await oauth.exchange({ url: callback(good()), transaction })
    expect(tokens).toEqual({
      accessToken: 'a',
      refreshToken: 'r',
      expiresAt: time + 3_600_000,
      scopes: transaction.scopes,
    })
  })

  const bad: readonly [string, () => string, string][] = [
    ['another state', () => `code=${code}&state=${'x'.repeat(48)}`, 'LOGIN_STATE_MISMATCH'],
    ['no state', () => `code=${code}`, 'LOGIN_STATE_MISMATCH'],
    ['two codes', () => `${good()}&code=other`, 'LOGIN_CALLBACK_INVALID'],
    ['two states', () => `${good()}&state=other`, 'LOGIN_CALLBACK_INVALID'],
    ['no code', () => `state=${transaction.state}`, 'LOGIN_CALLBACK_INVALID'],
    ['an empty code', () => `code=&state=${transaction.state}`, 'LOGIN_CALLBACK_INVALID'],
    ['a refusal', () => `error=access_denied&state=${transaction.state}`, 'LOGIN_DENIED'],
    ['another error', () => `error=server_error&state=${transaction.state}`, 'LOGIN_PROVIDER_ERROR'],
    ['the issuer of another server', () => `${good()}&iss=https%3A%2F%2Fevil.example`, 'LOGIN_ISSUER_MISMATCH'],
    ['a JARM response', () => `response=abc&state=${transaction.state}`, 'LOGIN_CALLBACK_INVALID'],
    ['an implicit token beside the code', () => `${good()}&token=abc`, 'LOGIN_CALLBACK_INVALID'],
  ]
  for (const [name, query, expected] of bad) {
    it(`with ${name} is ${expected}, sends nothing and shows nothing`, async () => {
      const error = await oauth.exchange({ url: callback(query()), transaction }).catch((caught) => caught)
      expect(error).toMatchObject({ name: 'LoginError', code: expected })
      expect(tokenRequests).toBe(0)
      const printed = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error) + String(error)
      for (const secret of [code, transaction.state, transaction.codeVerifier]) expect(printed).not.toContain(secret)
    })
  }

  it('after ten minutes is LOGIN_EXPIRED', async () => {
    time += 600_000
    await expect(oauth.exchange({ url: callback(good()), transaction })).rejects.toMatchObject({
      code: 'LOGIN_EXPIRED',
    })
  })

  it('with the issuer of Spotify itself is accepted', async () => {
    const url = callback(`${good()}&iss=${encodeURIComponent('https://accounts.spotify.com')}`)
    await expect(oauth.exchange({ url, transaction })).resolves.toMatchObject({ accessToken: 'a' })
  })
})
