import { describe, expect, it } from 'vitest'
import { createOAuth } from '../../src/oauth/oauth.ts'
import { defineProvider, type Provider } from '../../src/oauth/provider.ts'

const provider: Provider = {
  id: 'music',
  issuer: 'https://auth.example',
  endpoints: { authorization: 'https://auth.example/authorize', token: 'https://auth.example/token' },
  defaultScopes: [],
}
const options = { clientId: 'client', clientSecret: 'secret', redirectUri: 'https://app.example/callback' }

describe('createOAuth', () => {
  it.each(['authorization', 'token', 'api', 'revocation'])(
    'refuses a provider written by hand whose %s endpoint is plain http: the secret would go there in clear',
    (endpoint) => {
      const endpoints = { ...provider.endpoints, [endpoint]: 'http://auth.example/x' }
      expect(() => createOAuth({ ...options, provider: { ...provider, endpoints } })).toThrow(
        expect.objectContaining({ name: 'ConfigError', code: 'CONFIG_ENDPOINT' }),
      )
    },
  )

  it('accepts a valid provider written by hand', () => {
    expect(() => createOAuth({ ...options, provider })).not.toThrow()
  })

  it.each([
    'https://app.example/callback',
    'https://localhost/callback',
    'http://127.0.0.1/callback',
    'http://[::1]:8/',
  ])('accepts the redirect URI %s for a provider without a rule of its own', (redirectUri) => {
    expect(() => createOAuth({ ...options, provider, redirectUri })).not.toThrow()
  })

  it.each([
    ['http://app.example/callback', /https/],
    ['http://localhost/callback', /loopback addresses/],
    ['http://127.0.0.1.evil.com/callback', /https/],
    ['myapp://callback', /https/],
    ['https://app.example/callback#x', /fragment/],
    ['https://user:pw@app.example/callback', /credentials/],
  ])('refuses the redirect URI %s for a provider without a rule of its own', (redirectUri, message) => {
    expect(() => createOAuth({ ...options, provider, redirectUri })).toThrow(
      expect.objectContaining({ code: 'CONFIG_REDIRECT_URI', message: expect.stringMatching(message) }),
    )
  })

  it('checks a redirect URI by the rule of the provider that has one', () => {
    const ruled = defineProvider({
      ...provider,
      redirectUriProblem: ({ hostname }) => (hostname === 'localhost' ? undefined : 'must use localhost.'),
    })
    expect(() => createOAuth({ ...options, provider: ruled, redirectUri: 'http://localhost:3000/' })).not.toThrow()
    expect(() => createOAuth({ ...options, provider: ruled })).toThrow(
      expect.objectContaining({ code: 'CONFIG_REDIRECT_URI', message: 'redirectUri must use localhost.' }),
    )
    expect(() => createOAuth({ ...options, provider: ruled, redirectUri: 'http://localhost/#x' })).toThrow(/fragment/)
  })

  it('reports that the provider or the options are missing', () => {
    const missing = expect.objectContaining({ name: 'ConfigError', code: 'CONFIG_MISSING' })
    expect(() => createOAuth({ ...options } as never)).toThrow(missing)
    expect(() => createOAuth(undefined as never)).toThrow(missing)
  })
})

describe('defineProvider', () => {
  it.each([
    ['nothing', undefined],
    ['no id', { ...provider, id: undefined }],
    ['no issuer', { ...provider, issuer: undefined }],
    ['no endpoints', { ...provider, endpoints: undefined }],
    ['no token endpoint', { ...provider, endpoints: { authorization: 'https://auth.example/authorize' } }],
    ['no default scopes', { ...provider, defaultScopes: undefined }],
    ['default scopes in one string', { ...provider, defaultScopes: 'a b' }],
  ])('refuses %s with a ConfigError', (_, definition) => {
    expect(() => defineProvider(definition as never)).toThrow(expect.objectContaining({ name: 'ConfigError' }))
  })
})
