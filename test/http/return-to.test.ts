import { describe, expect, test, vi } from 'vitest'
import { createHandler } from '../../src/http/handler.ts'
import { base, connection, connectionsDouble, program, redirectUri } from './support/connections-double.ts'

const origin = new URL(base).origin
const openings = [
  '//',
  '///',
  '////',
  '/\\',
  '\\\\',
  '\\/',
  '/\\/',
  '/\t/',
  '/\n/',
  '/\r\n/',
  '\t//',
  ' //',
  '/ /',
  '/\u0000/',
  '\u0000//',
  '/./',
  '/.//',
  '/..//',
  '/a/..//',
  '/%2e//',
  '/%2e%2e//',
  '/.\\',
  '/./\\',
  '/a/../\\',
  '/./%2f',
  '/./%5c',
  '/a/..%2f/',
  '/%2f',
  '/%2F%2f',
  '/%5c',
  '/%5C/',
  '/%09/',
  '/%0a/',
  '/%0d%0a/',
  '/%00/',
  '/;//',
  '/@',
  '/:',
  '/?//',
  '/#//',
  'http://',
  'https://',
  'https:',
  'https:/',
  'https:\\',
  'HTTPS://',
  'ftp://',
  'http:///',
  '//user@',
  'https://127.0.0.1:3000@',
  'http://127.0.0.1:3000.',
  'javascript:alert(1)//',
  'data:text/html,',
  'vbscript:',
  'blob:',
  'file:///',
  '',
  '.',
  '..',
  '?',
  '#',
  '@',
  ':',
  '/\u2028/',
  '/\u3002',
  '\uff0f\uff0f',
  '/\uff0f',
  '/\uff3c',
  '/\u2044/',
  '/\u202e',
  '/\ufeff/',
]
const hosts = ['evil.example', 'evil.example/%2f..', '127.0.0.1:3000@evil.example', 'evil.example\r\nset-cookie: a=b']
const attacks = openings.flatMap((opening) => hosts.map((host) => opening + host))

const connections = connectionsDouble()
const handle = createHandler({ connections, redirectUri }, { owner: () => 'alice' })
const afterwards = async (returnTo: string | undefined) => {
  const complete = async () => ({ connection, returnTo: returnTo as string, setCookies: [] })
  const finish = createHandler({ connections: connectionsDouble({ complete }), redirectUri }, { owner: () => 'alice' })
  const response = await finish(new Request(`${redirectUri}?code=c&state=s`), undefined)
  return response.headers.get('location') ?? ''
}

/** What a browser, and a proxy that decodes once more, make of a Location header. */
function stays(location: string): boolean {
  if (!location.startsWith('/') || /[^\x21-\x7e]/.test(location)) return false
  return [location, decodeURIComponent(location)].every((path) => {
    const target = new URL(path, origin)
    return target.origin === origin && target.username === '' && !/^[/\\]{2}/.test(path)
  })
}

describe(`${attacks.length} attempts to redirect a browser elsewhere`, () => {
  test('there are at least two hundred', () => {
    expect(new Set(attacks).size).toBeGreaterThanOrEqual(200)
  })

  test.each(attacks.map((attack) => [JSON.stringify(attack), attack]))('%s', async (_shown, attack) => {
    for (const query of [
      `returnTo=${encodeURIComponent(attack)}`,
      `returnTo=${encodeURIComponent(encodeURI(attack))}`,
    ]) {
      vi.mocked(connections.begin).mockClear()
      const response = await handle(new Request(`${base}/auth?${query}`, { headers: program }), undefined)
      const begun = vi.mocked(connections.begin).mock.calls[0]?.[0].returnTo
      if (response.status === 400) {
        expect(await response.json()).toMatchObject({ code: 'HTTP_BAD_RETURN_TO' })
        expect(begun).toBeUndefined()
        expect(response.headers.getSetCookie()).toEqual([])
      } else {
        expect(stays(begun ?? ''), begun).toBe(true)
        expect(stays(await afterwards(begun))).toBe(true)
      }
    }
    expect(stays(await afterwards(attack)), 'out of a sealed cookie').toBe(true)
  })

  test.each(['/', '/library', '/library?page=2&q=a%2Fb#top', '/~a/b;c', '/library?next=https://elsewhere.example'])(
    'an honest path goes through: %s',
    async (path) => {
      vi.mocked(connections.begin).mockClear()
      await handle(new Request(`${base}/auth?returnTo=${encodeURIComponent(path)}`, { headers: program }), undefined)
      expect(vi.mocked(connections.begin).mock.calls[0]?.[0].returnTo).toBe(path)
    },
  )
})
