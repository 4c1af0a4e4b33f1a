const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

interface BufferLike {
  from(data: ArrayBufferLike, offset: number, length: number): { toString(encoding: 'base64url'): string }
  from(data: string, encoding: 'base64url'): Uint8Array<ArrayBuffer>
}
const buffer = (globalThis as { Buffer?: BufferLike }).Buffer
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const invalid = 64
const sextets = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = alphabet.indexOf(String.fromCharCode(code))
  return value < 0 ? invalid : value
})
/** Bytes up to which a table is faster than Buffer. */
const maxTableBytes = 48

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

/** Decodes UTF-8 strictly: malformed input throws a `TypeError`. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.length
  }
  return all
}

/** base64url without padding, RFC 4648 §5. */
export function base64url(bytes: Uint8Array): string {
  if (buffer !== undefined) return buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/**
 * Decodes canonical base64url without padding; `undefined` for anything else.
 * Up to 48 bytes, such as keys, have their own memory; longer results may be in Buffer's pool.
 */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 === 1) return undefined
  const length = (text.length * 3) >> 2
  if (buffer === undefined || length <= maxTableBytes) return fromShortBase64url(text, length)
  const pooled = buffer.from(text, 'base64url')
  const bytes = new Uint8Array(pooled.buffer, pooled.byteOffset, pooled.length)
  return base64url(bytes) === text ? bytes : undefined
}

/** By table: faster for a few bytes, and it leaves no copy of a key in Buffer's pool. */
function fromShortBase64url(text: string, length: number): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(length)
  let bits = 0
  let bitCount = 0
  let at = 0
  for (let index = 0; index < text.length; index++) {
    const value = sextets[text.charCodeAt(index)]
    if (value === undefined || value === invalid) return undefined
    bits = ((bits << 6) | value) & 0xffff
    bitCount += 6
    if (bitCount < 8) continue
    bitCount -= 8
    bytes[at++] = bits >> bitCount
  }
  return (bits & ((1 << bitCount) - 1)) === 0 ? bytes : undefined
}

/** `length` bytes from the platform's cryptographic random source. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length))
}

/** Compares without an early exit, so that the time does not depend on where two values differ. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let index = 0; index < a.length; index++) difference |= (a[index] as number) ^ (b[index] as number)
  return difference === 0
}
