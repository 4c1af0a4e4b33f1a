const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

interface BufferLike {
  from(data: ArrayBufferLike, offset: number, length: number): { toString(encoding: 'base64url'): string }
  allocUnsafeSlow(length: number): Uint8Array<ArrayBuffer> & { write(data: string, encoding: 'base64url'): number }
}
const buffer = (globalThis as { Buffer?: BufferLike }).Buffer
const canonical = /^[A-Za-z0-9_-]*$/
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

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

/** Decodes canonical base64url without padding; `undefined` for anything else. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const rest = text.length % 4
  if (rest === 1) return undefined
  if (buffer !== undefined) {
    // Memory of its own: what is decoded may be a key, and must not stay in Buffer's shared pool.
    const memory = buffer.allocUnsafeSlow((text.length * 3) >> 2)
    const written = memory.write(text, 'base64url')
    const bytes = new Uint8Array(memory.buffer, 0, written)
    return base64url(bytes) === text ? bytes : undefined
  }
  if (!canonical.test(text)) return undefined
  if (rest !== 0) {
    const unused = rest === 2 ? 0b1111 : 0b11
    if ((alphabet.indexOf(text[text.length - 1] as string) & unused) !== 0) return undefined
  }
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

/** `length` bytes from the platform's cryptographic random source. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length))
}

/** Compares without an early exit, so that the time taken tells nothing about where two values differ. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let index = 0; index < a.length; index++) difference |= (a[index] as number) ^ (b[index] as number)
  return difference === 0
}
