import { describe, expect, test } from 'vitest'
import { wantsJson } from '../../src/http/accept.ts'

const acceptsJson = (headers: Record<string, string>): boolean =>
  wantsJson(new Request('http://127.0.0.1/', { headers }))

describe('a program is distinguished from a browser', () => {
  test.each([
    ['no header at all', {}, false],
    [
      'a browser that navigates',
      { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'sec-fetch-mode': 'navigate' },
      false,
    ],
    ['a navigation, whatever it accepts', { accept: 'application/json', 'sec-fetch-mode': 'navigate' }, false],
    ['a script that names no type', { accept: '*/*', 'sec-fetch-mode': 'cors' }, false],
    ['a script that names JSON', { accept: 'application/json', 'sec-fetch-mode': 'cors' }, true],
    ['an old browser without Fetch Metadata', { accept: 'text/html,*/*;q=0.8' }, false],
    ['a command-line client', { accept: '*/*' }, false],
    ['a client for JSON', { accept: 'application/json, text/plain, */*' }, true],
    ['a client for problem documents', { accept: 'application/problem+json' }, true],
    ['JSON by weight', { accept: 'text/html;q=0.5, application/json;q=0.9' }, true],
    ['pages by weight', { accept: 'text/html, application/json;q=0.1' }, false],
    ['JSON refused by weight zero', { accept: 'application/json;q=0' }, false],
    ['capital letters', { accept: 'Application/JSON' }, true],
    ['a weight that is no number', { accept: 'application/json;q=much' }, false],
  ])('%s', (_name, headers, expected) => {
    expect(acceptsJson(headers as Record<string, string>)).toBe(expected)
  })
})
