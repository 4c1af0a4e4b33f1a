import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { plain, Secret } from '../../src/internal/secret.ts'

const value = 'a-very-secret-text'
const bytes = Uint8Array.of(201, 202, 203, 204)

describe('a secret', () => {
  it('gives what it holds to those who ask for it', () => {
    expect(new Secret(value).reveal()).toBe(value)
    expect(new Secret(bytes).reveal()).toBe(bytes)
  })

  it.each<[string, (holder: object, secret: Secret<string | Uint8Array>) => string]>([
    ['inspected', (holder) => inspect(holder, { depth: 20, showHidden: true, showProxy: true, getters: true })],
    ['inspected without its own rules', (holder) => inspect(holder, { customInspect: false, showHidden: true })],
    ['formatted', (holder, secret) => format('%o %O %s %j', holder, holder, secret, holder)],
    ['in JSON', (holder) => JSON.stringify(holder)],
    ['as text', (_, secret) => `${secret} ${String(secret)} ${[secret].join()}`],
    ['spread', (_, secret) => inspect({ ...secret }, { showHidden: true })],
    ['cloned', (holder) => inspect(structuredClone(holder), { depth: 20, showHidden: true })],
    ['listed', (_, secret) => inspect(Reflect.ownKeys(secret).concat(Object.entries(secret).flat()))],
  ])('does not appear when it is %s', (_, shown) => {
    for (const secret of [new Secret(value), new Secret(bytes)]) {
      const text = shown({ nested: { list: [secret] }, map: new Map([['key', secret]]) }, secret)
      expect(text).not.toMatch(/very-secret|201|c9ca/i)
    }
  })

  it('can be recognized in a log', () => {
    expect(inspect({ key: new Secret(value) })).toBe('{ key: [secret] }')
    expect(JSON.stringify({ key: new Secret(value) })).toBe('{"key":"[secret]"}')
  })
})

describe('what may be a secret', () => {
  it('is taken out of it, also out of one of another copy of this package', () => {
    const foreign: unknown = { reveal: () => value }
    expect([plain(new Secret(value)), plain(foreign), plain(value), plain(bytes), plain(undefined)]).toEqual([
      value,
      value,
      value,
      bytes,
      undefined,
    ])
  })
})
