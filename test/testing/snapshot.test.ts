import { describe, expect, it } from 'vitest'
import { createOAuth } from '../../src/oauth/oauth.ts'
import { spotifyProvider } from '../../src/oauth/providers/spotify.ts'
import { createFakeSpotify, type FakeSpotify } from '../../src/testing/fake-spotify.ts'

const oauthOver = (fake: FakeSpotify) =>
  createOAuth({ provider: spotifyProvider, clientId: 'app', redirectUri: 'http://127.0.0.1/cb', fetch: fake.fetch })

describe('a snapshot of the fake', () => {
  it('lets a later fake accept the tokens that the earlier one gave out, and contains none of them', async () => {
    const first = createFakeSpotify()
    const { url, transaction } = await oauthOver(first).authorize()
    const tokens = await oauthOver(first).exchange({ url: await first.approve(url), transaction })
    const text = JSON.stringify(first.snapshot())
    expect(text).not.toContain(tokens.accessToken)
    expect(text).not.toContain(tokens.refreshToken)

    const input = { refreshToken: tokens.refreshToken!, scopes: tokens.scopes }
    await expect(oauthOver(createFakeSpotify()).refresh(input)).rejects.toMatchObject({ code: 'LOGIN_CODE_REJECTED' })
    const second = createFakeSpotify({ restore: JSON.parse(text) })
    const refreshed = await oauthOver(second).refresh(input)
    expect(refreshed.accessToken).not.toBe(tokens.accessToken)
    const me = await second.fetch('https://api.spotify.com/v1/me', {
      headers: { authorization: `Bearer ${tokens.accessToken}` },
    })
    expect(me.status).toBe(200)
  })

  it('keeps what a user revoked revoked', async () => {
    const first = createFakeSpotify()
    const { refreshToken, scopes } = first.issue({ clientId: 'app' })
    first.revoke()
    const second = createFakeSpotify({ restore: first.snapshot() })
    await expect(oauthOver(second).refresh({ refreshToken, scopes })).rejects.toMatchObject({
      code: 'LOGIN_CODE_REJECTED',
    })
  })
})
