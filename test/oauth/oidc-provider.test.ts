import { afterEach, describe, expect, it } from 'vitest'
import { createOAuth } from '../../src/oauth/oauth.ts'
import { type OidcServer, startOidcServer } from '../support/oidc-server.ts'

describe('the protocol, against an independent authorization server', () => {
  let server: OidcServer
  afterEach(() => server.close())

  for (const confidential of [false, true]) {
    it(`signs in and refreshes as a ${confidential ? 'confidential' : 'public'} client`, async () => {
      server = await startOidcServer({ confidential })
      const oauth = createOAuth(server)
      const { url, transaction } = await oauth.authorize()
      const callback = await server.approve(url)
      const tokens = await oauth.exchange({ url: callback, transaction })
      expect(tokens.scopes).toContain('library')
      const refreshed = await oauth.refresh({ refreshToken: tokens.refreshToken!, scopes: tokens.scopes })
      expect(refreshed.accessToken).not.toBe(tokens.accessToken)
      expect(refreshed.refreshToken).not.toBe(tokens.refreshToken)
      expect(server.grants).toEqual([
        { type: 'authorization_code', ok: true },
        { type: 'refresh_token', ok: true },
      ])
    })
  }

  it('reports that the code was rejected when it is used twice', async () => {
    server = await startOidcServer()
    const oauth = createOAuth(server)
    const { url, transaction } = await oauth.authorize()
    const callback = await server.approve(url)
    await oauth.exchange({ url: callback, transaction })
    await expect(oauth.exchange({ url: callback, transaction })).rejects.toMatchObject({ code: 'LOGIN_CODE_REJECTED' })
  })

  it('is refused when the verifier is another one, which shows that PKCE binds the code', async () => {
    server = await startOidcServer()
    const oauth = createOAuth(server)
    const first = await oauth.authorize()
    const second = await oauth.authorize()
    const callback = await server.approve(first.url)
    const mixed = { ...first.transaction, codeVerifier: second.transaction.codeVerifier }
    await expect(oauth.exchange({ url: callback, transaction: mixed })).rejects.toMatchObject({
      code: 'LOGIN_CODE_REJECTED',
    })
  })

  it('blames the configuration when the client secret is wrong', async () => {
    server = await startOidcServer({ confidential: true })
    const oauth = createOAuth({ ...server, clientSecret: 'wrong' })
    const { url, transaction } = await oauth.authorize()
    const callback = await server.approve(url)
    await expect(oauth.exchange({ url: callback, transaction })).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'CONFIG_CLIENT_REJECTED',
    })
  })
})
