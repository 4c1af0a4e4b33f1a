import { describe, expect, test } from 'vitest'
import { createSite, prefixed } from '../../src/http/site.ts'

const redirectUri = 'https://app.example/api/v1/spotify/callback'
const code = (make: () => unknown): unknown => {
  try {
    make()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return 'accepted'
}

describe('the options of a handler are checked when it is made', () => {
  test.each([
    [
      'a redirect URI on another origin',
      'https://other.example/callback',
      { origin: 'https://app.example' },
      'CONFIG_REDIRECT_URI',
    ],
    [
      'a redirect URI on a listed origin',
      'https://web.example/done',
      { origin: 'https://app.example', allowedOrigins: ['https://web.example'] },
      'accepted',
    ],
    [
      'a configured origin that differs from the redirect URI',
      redirectUri,
      { origin: 'https://api.example' },
      'CONFIG_REDIRECT_URI',
    ],
    [
      'an https redirect URI with an http origin',
      redirectUri,
      { origin: 'http://127.0.0.1', allowedOrigins: ['https://app.example'] },
      'CONFIG_REDIRECT_URI',
    ],
    ['a custom scheme', 'app://callback', {}, 'CONFIG_REDIRECT_URI'],
    [
      'a redirect URI on the path of another route',
      'https://app.example/api/v1/spotify/health',
      {},
      'CONFIG_REDIRECT_URI',
    ],
    ['a redirect URI of its own path', 'https://app.example/signed-in', {}, 'accepted'],
    ['an origin with a path', redirectUri, { origin: 'https://app.example/x' }, 'CONFIG_INVALID'],
    ['an origin with its final slash', redirectUri, { origin: 'https://app.example/' }, 'accepted'],
    ['a wildcard among the allowed origins', redirectUri, { allowedOrigins: ['*'] }, 'CONFIG_INVALID'],
    ['the origin "null" among the allowed ones', redirectUri, { allowedOrigins: ['null'] }, 'CONFIG_INVALID'],
    ['a base path without a slash', redirectUri, { basePath: 'spotify' }, 'CONFIG_INVALID'],
    ['a base path with dot segments', redirectUri, { basePath: '/a/../b' }, 'CONFIG_INVALID'],
    ['a base path with a query', redirectUri, { basePath: '/a?b' }, 'CONFIG_INVALID'],
    ['the root as base path', redirectUri, { basePath: '/' }, 'accepted'],
    ['afterConnect on a foreign host', redirectUri, { afterConnect: 'https://evil.example/' }, 'CONFIG_INVALID'],
    ['afterConnect without a host', redirectUri, { afterConnect: '//evil.example/' }, 'CONFIG_INVALID'],
    ['afterConnect as a script', redirectUri, { afterConnect: 'javascript:alert(1)' }, 'CONFIG_INVALID'],
    ['afterConnect with a user name', redirectUri, { afterConnect: 'https://someone@app.example/' }, 'CONFIG_INVALID'],
    ['afterError on a foreign host', redirectUri, { afterError: '/\\evil.example' }, 'CONFIG_INVALID'],
    [
      'afterConnect on a listed origin',
      redirectUri,
      { afterConnect: 'https://web.example/x', allowedOrigins: ['https://web.example'] },
      'accepted',
    ],
  ])('%s', (_name, uri, options, expected) => {
    expect(code(() => createSite(uri, options))).toBe(expected)
  })

  test('the root as base path puts the endpoints at the root', () => {
    expect(createSite(redirectUri, { basePath: '/' }).paths).toEqual([
      '/auth',
      '/callback',
      '/connection',
      '/health',
      '/api/v1/spotify/callback',
    ])
  })

  test('routes are exact paths, so that the host can have others beside them', () => {
    const site = createSite(redirectUri, {})
    const route = (path: string) => site.route(new URL(path, 'https://whatever.example'))
    expect(route('/api/v1/spotify/auth')).toBe('auth')
    expect(route('/api/v1/spotify/auth/')).toBeUndefined()
    expect(route('/api/v1/spotify/AUTH')).toBeUndefined()
    expect(route('/api/v1/spotify/%61uth')).toBeUndefined()
    expect(route('/api/v1/spotify')).toBeUndefined()
    expect(route('/api/v1/spotify/library')).toBeUndefined()
    expect(route('/x/api/v1/spotify/auth')).toBeUndefined()
  })

  test('a redirect URI that is a page of the host is routed only with parameters from the provider', () => {
    const site = createSite('https://app.example/', {})
    expect(site.route(new URL('https://app.example/'))).toBeUndefined()
    expect(site.route(new URL('https://app.example/?page=2'))).toBeUndefined()
    expect(site.route(new URL('https://app.example/?code=x&state=y'))).toBe('callback')
    expect(site.route(new URL('https://app.example/?error=access_denied&state=y'))).toBe('callback')
  })

  test('below a prefix a path is registered without it, and a path outside of it is refused', () => {
    expect(prefixed('/music/auth', '/music')).toBe('/auth')
    expect(prefixed('/music/auth', '/music/')).toBe('/auth')
    expect(prefixed('/music/auth', '')).toBe('/music/auth')
    expect(prefixed('/music/auth', '/')).toBe('/music/auth')
    expect(code(() => prefixed('/musical/auth', '/music'))).toBe('CONFIG_REDIRECT_URI')
  })
})
