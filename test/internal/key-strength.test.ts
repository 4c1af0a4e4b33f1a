import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase64url, randomBytes, utf8 } from '../../src/internal/bytes.ts'
import { isGuessable } from '../../src/internal/key-strength.ts'

const from = (valueAt: (index: number) => number): Uint8Array => Uint8Array.from({ length: 32 }, (_, at) => valueAt(at))
const random = randomBytes(32)
const half = randomBytes(16)
const text = (value: string): Uint8Array => fromBase64url(value) ?? new Uint8Array()

describe('the strength of a key', () => {
  it.each<[string, Uint8Array]>([
    ['zeros', new Uint8Array(32)],
    ['one byte repeated', new Uint8Array(32).fill(0xa7)],
    ['31 zeros and a one', from((index) => Number(index === 31))],
    ['a one and 31 zeros', from((index) => Number(index === 0))],
    ['the bytes 0 to 31', from((index) => index)],
    ['the bytes 31 to 0', from((index) => 31 - index)],
    ['the bytes 0 to 31 in another order', from((index) => (index * 13) % 32)],
    ['every third byte from 200', from((index) => index * 3 + 200)],
    ['every seventh byte', from((index) => index * 7 + 1)],
    ['bytes that count under a mask', from((index) => index ^ 0xa5)],
    ['bytes that count up and down again', from((index) => (index < 16 ? index * 9 : (31 - index) * 9))],
    ['squares', from((index) => index * index)],
    ['three bytes repeated', from((index) => [0x1f, 0x9c, 0xe3][index % 3] ?? 0)],
    ['random bytes twice', from((index) => half[index % 16] ?? 0)],
    ['random bytes below 64', from((index) => (random[index] ?? 0) & 63)],
    ['24 random bytes, padded with zeros', from((index) => (index < 24 ? (random[index] ?? 0) : 0))],
    ['a pass phrase', utf8('correct horse battery staple 123')],
    ['a pass phrase with a line break', utf8('correct horse battery staple 12\n')],
    ['a pass phrase with umlauts', utf8('Zwölf Boxkämpfer jagen Eva 123')],
    ['a pass phrase of two bytes a letter', new Uint8Array(Buffer.from('staplehorse12345', 'utf16le'))],
    ['hexadecimal digits', utf8('9f86d081884c7d659a2feaa0c55ad015')],
    ['base64', utf8('n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is')],
    ['a password that is base64url', text('change-me-change-me-change-me-change-me-chg')],
    ['small letters that are base64url', text('a-very-long-secret-that-nobody-can-guess-00')],
    ['the alphabet of base64url', text('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopo')],
    ['a password repeated, as base64url', text('Passw0rd-Passw0rd-Passw0rd-Passw0rd-Passw0o')],
  ])('is too low for %s', (_, key) => {
    expect(key).toHaveLength(32)
    expect(isGuessable(key)).toBe(true)
  })

  it('is enough for random bytes, always', () => {
    for (let round = 0; round < 10_000; round++) expect(isGuessable(randomBytes(32))).toBe(false)
  })

  it('is too low for any password in ASCII', () => {
    const passwords = fc.string({ minLength: 32, maxLength: 32, unit: 'grapheme-ascii' })
    fc.assert(fc.property(passwords, (password) => isGuessable(utf8(password))))
  })
})
