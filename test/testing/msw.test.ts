import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createFakeSpotify } from '../../src/testing/index.ts'
import { spotifyHandlers } from '../../src/testing/msw.ts'

const fake = createFakeSpotify()
const server = setupServer(...spotifyHandlers(fake))

describe('the MSW handlers', () => {
  beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
  afterEach(() => fake.reset())
  afterAll(() => server.close())

  it('respond to the global fetch for both hosts', async () => {
    const { accessToken, refreshToken } = fake.issue({ clientId: 'app' })
    const headers = { authorization: `Bearer ${accessToken}` }
    const me = await fetch('https://api.spotify.com/v1/me', { headers })
    expect(await me.json()).toMatchObject({ id: 'ada', href: 'https://api.spotify.com/v1/users/ada' })
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: 'app' }
    const refreshed = await fetch('https://accounts.spotify.com/api/token', {
      method: 'POST',
      body: new URLSearchParams(form),
    })
    expect(await refreshed.json()).toMatchObject({ token_type: 'Bearer' })
  })

  it('turn a cut connection into a network error', async () => {
    fake.fail({ path: '/me', cut: 'before' })
    await expect(fetch('https://api.spotify.com/v1/me')).rejects.toThrow(TypeError)
  })

  it('break a body off in the middle', async () => {
    const { accessToken } = fake.issue()
    fake.fail({ path: '/me', cut: 'middle' })
    const headers = { authorization: `Bearer ${accessToken}` }
    const read = async (): Promise<string> => (await fetch('https://api.spotify.com/v1/me', { headers })).text()
    await expect(read()).rejects.toThrow(TypeError)
    expect(JSON.parse(await read())).toMatchObject({ id: 'ada' })
  })
})
