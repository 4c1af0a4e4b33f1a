import * as oidc from 'openid-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FakeSpotifyServer, startFakeSpotify } from '../../../src/testing/server.ts'

const redirectUri = 'http://127.0.0.1:3000/callback'
const scope = 'user-read-private user-read-email'

describe('openid-client', () => {
  let server: FakeSpotifyServer

  beforeEach(async () => {
    server = await startFakeSpotify({
      rotation: 'pkce',
      clients: [{ clientId: 'public' }, { clientId: 'confidential', clientSecret: 's3cret:%' }],
    })
  })
  afterEach(() => server.close())

  function configuration(clientId: string, authentication: oidc.ClientAuth): oidc.Configuration {
    const metadata = {
      issuer: 'https://accounts.spotify.com',
      authorization_endpoint: server.endpoints.authorization,
      token_endpoint: server.endpoints.token,
    }
    const config = new oidc.Configuration(metadata, clientId, undefined, authentication)
    oidc.allowInsecureRequests(config)
    return config
  }

  async function signIn(config: oidc.Configuration, decision = {}) {
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier()
    const expectedState = oidc.randomState()
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope,
      state: expectedState,
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    })
    return oidc.authorizationCodeGrant(config, await server.fake.approve(url, decision), {
      pkceCodeVerifier,
      expectedState,
    })
  }

  it.each([
    ['a public client', 'public', oidc.None()],
    ['a secret in the header', 'confidential', oidc.ClientSecretBasic('s3cret:%')],
    ['a secret in the body', 'confidential', oidc.ClientSecretPost('s3cret:%')],
  ])('signs in, refreshes and calls with %s', async (_, clientId, authentication) => {
    const config = configuration(clientId, authentication)
    const tokens = await signIn(config)
    expect(tokens.scope).toBe(scope)
    const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token!)
    expect(refreshed.expiresIn()).toBeGreaterThan(3590)
    const me = new URL(`${server.endpoints.api}/me`)
    const response = await oidc.fetchProtectedResource(config, refreshed.access_token, me, 'GET')
    expect(await response.json()).toMatchObject({ id: 'ada' })
    await expect(oidc.refreshTokenGrant(config, tokens.refresh_token!)).rejects.toMatchObject({
      error: 'invalid_grant',
      error_description: 'Refresh token revoked',
    })
  })

  it('gets the error when the user refuses', async () => {
    await expect(signIn(configuration('public', oidc.None()), { deny: true })).rejects.toMatchObject({
      error: 'access_denied',
    })
  })

  it('reads the challenge of the response to an expired token', async () => {
    const config = configuration('public', oidc.None())
    const tokens = await signIn(config)
    server.fake.clock.advance(3_600_000)
    const me = new URL(`${server.endpoints.api}/me`)
    await expect(oidc.fetchProtectedResource(config, tokens.access_token, me, 'GET')).rejects.toMatchObject({
      code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
      cause: [{ scheme: 'bearer', parameters: { realm: 'spotify', error: 'invalid_token' } }],
    })
  })

  it('gets a token for the application itself, and hears when its secret is wrong', async () => {
    const config = configuration('confidential', oidc.ClientSecretBasic('s3cret:%'))
    expect((await oidc.clientCredentialsGrant(config)).token_type).toBe('bearer')
    const wrong = configuration('confidential', oidc.ClientSecretBasic('wrong'))
    await expect(oidc.clientCredentialsGrant(wrong)).rejects.toMatchObject({
      error: 'invalid_client',
      error_description: 'Invalid client secret',
    })
  })
})
