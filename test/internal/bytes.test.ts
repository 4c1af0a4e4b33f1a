import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'

type Bytes = typeof import('../../src/internal/bytes.ts')

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

async function load(withBuffer: boolean): Promise<Bytes> {
  vi.resetModules()
  const { Buffer } = globalThis
  if (!withBuffer) vi.stubGlobal('Buffer', undefined)
  const module = await import('../../src/internal/bytes.ts')
  vi.stubGlobal('Buffer', Buffer)
  return module
}

describe.each([
  ['with Buffer', true],
  ['without Buffer, as on Workers', false],
])('base64url %s', (_, withBuffer) => {
  test('is what Node makes of the same bytes, and comes back', async () => {
    const { base64url, fromBase64url } = await load(withBuffer)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = base64url(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('base64url'))
        expect(fromBase64url(text)).toEqual(new Uint8Array(bytes))
      }),
    )
  })

  test('reads only the one spelling that bytes have', async () => {
    const { base64url, fromBase64url } = await load(withBuffer)
    const text = fc.oneof(fc.string({ maxLength: 12 }), fc.stringMatching(/^[A-Za-z0-9_-]{0,8}=?$/), fc.base64String())
    fc.assert(
      fc.property(text, (candidate) => {
        const bytes = fromBase64url(candidate)
        if (bytes !== undefined) expect(base64url(bytes)).toBe(candidate)
        else expect(Buffer.from(candidate, 'base64url').toString('base64url')).not.toBe(candidate)
      }),
      { numRuns: 2_000 },
    )
    for (const wrong of ['A', 'AB', 'AAB', 'AA==', 'AA=', '+A', '/A', 'A A', 'AA\n', 'ÀÀ', 'A\u0000AA'])
      expect(fromBase64url(wrong), JSON.stringify(wrong)).toBeUndefined()
    for (const right of ['', 'AA', 'AAA', 'AAAA', '_-8']) expect(fromBase64url(right)).toBeInstanceOf(Uint8Array)
  })

  test('gives keys in memory of their own, so that overwriting them overwrites all there is', async () => {
    const { fromBase64url } = await load(withBuffer)
    for (const length of [1, 6, 32, 48]) {
      const bytes = fromBase64url(Buffer.alloc(length, 7).toString('base64url'))
      expect([bytes?.byteOffset, bytes?.buffer.byteLength]).toEqual([0, length])
    }
  })
})

describe('UTF-8', () => {
  test('is decoded strictly, and keeps a byte order mark', async () => {
    const { fromUtf8, utf8 } = await load(true)
    expect(fromUtf8(utf8('\ufeffö🎹'))).toBe('\ufeffö🎹')
    expect(() => fromUtf8(Uint8Array.of(0xff))).toThrow(TypeError)
    expect(() => fromUtf8(Uint8Array.of(0xed, 0xa0, 0x80))).toThrow(TypeError)
  })
})

describe('sameBytes', () => {
  test('is true of equal bytes only', async () => {
    const { sameBytes } = await load(true)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), fc.uint8Array({ maxLength: 8 }), (a, b) => {
        expect(sameBytes(a, b)).toBe(Buffer.compare(a, b) === 0)
        expect(sameBytes(a, a.slice())).toBe(true)
      }),
    )
  })
})
