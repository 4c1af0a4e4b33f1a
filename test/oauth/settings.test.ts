import { describe, expect, it } from 'vitest'
import { createOAuth } from '../../src/oauth/oauth.ts'
import { defineProvider, grantEnd } from '../../src/oauth/provider.ts'
import { spotifyProvider } from '../../src/oauth/providers/spotify.ts'

const base = { provider: spotifyProvider, clientId: 'client', redirectUri: 'https://app.example/callback' }

describe('the redirect URI', () => {
  for (const redirectUri of [
    'https://app.example/callback',
    'https://app.example:8443/a/b?c=d',
    'http://127.0.0.1:8888/callback',
    'http://[::1]:8888/callback',
    'http://127.0.0.1/callback',
  ]) {
    it(`may be ${redirectUri}`, () => {
      expect(() => createOAuth({ ...base, redirectUri })).not.toThrow()
    })
  }

  for (const [redirectUri, reason] of [
    ['http://localhost:8888/callback', /localhost/],
    ['https://localhost/callback', /localhost/],
    ['http://app.example/callback', /https/],
    ['http://127.0.0.1.evil.example/callback', /https/],
    ['myapp://callback', /https/],
    ['https://app.example/callback#x', /fragment/],
    ['https://user:pw@app.example/callback', /credentials/],
    ['/callback', /absolute/],
  ] as const) {
    it(`is refused with the reason when it is ${redirectUri}`, () => {
      expect(() => createOAuth({ ...base, redirectUri })).toThrow(
        expect.objectContaining({
          name: 'ConfigError',
          code: 'CONFIG_REDIRECT_URI',
          message: expect.stringMatching(reason),
        }),
      )
    })
  }

  it('is named when it is missing', () => {
    expect(() => createOAuth({ ...base, redirectUri: undefined as unknown as string })).toThrow(
      /redirectUri is missing/,
    )
  })
})

describe('the other settings', () => {
  it('refuse an endpoint that is neither https nor loopback', () => {
    for (const token of ['http://example.com/token', 'ftp://127.0.0.1/', 'token', 'https://a:b@example.com/token']) {
      expect(() => createOAuth({ ...base, endpoints: { token } })).toThrow(
        expect.objectContaining({ code: 'CONFIG_ENDPOINT' }),
      )
    }
  })

  it('accept undefined for every optional input, as process.env returns it', () => {
    expect(() =>
      createOAuth({
        ...base,
        clientSecret: undefined,
        endpoints: { token: undefined },
        fetch: undefined,
        now: undefined,
      }),
    ).not.toThrow()
  })

  it('refuse an empty client id', () => {
    expect(() => createOAuth({ ...base, clientId: '' })).toThrow(expect.objectContaining({ code: 'CONFIG_MISSING' }))
  })
})

describe('a provider definition', () => {
  it('is frozen and checked', () => {
    const { provider } = base
    expect(Object.isFrozen(provider) && Object.isFrozen(provider.endpoints)).toBe(true)
    expect(() => defineProvider({ ...provider, id: 'No Good' })).toThrow(/provider id/)
    expect(() => defineProvider({ ...provider, grantMonths: 0 })).toThrow(/grantMonths/)
  })

  it('ends a grant after calendar months, on the last day of a shorter month', () => {
    const end = (iso: string): string => new Date(grantEnd(spotifyProvider, Date.parse(iso))).toISOString()
    expect(end('2026-01-15T10:00:00.000Z')).toBe('2026-07-15T10:00:00.000Z')
    expect(end('2026-08-31T10:00:00.000Z')).toBe('2027-02-28T10:00:00.000Z')
    expect(end('2027-08-31T23:59:59.999Z')).toBe('2028-02-29T23:59:59.999Z')
  })
})
