import { createCipheriv } from 'node:crypto'
import { associatedData } from './decoder.ts'

const reduction = 0xe1n << 120n
const mask = (1n << 128n) - 1n

/** Multiplication in GF(2^128) as GCM orders its bits, NIST SP 800-38D §6.3. */
function times(a: bigint, b: bigint): bigint {
  let product = 0n
  let shifted = b
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((a >> bit) & 1n) product ^= shifted
    shifted = shifted & 1n ? (shifted >> 1n) ^ reduction : shifted >> 1n
  }
  return product
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n << 127n
  for (let square = base, left = exponent; left > 0n; left >>= 1n, square = times(square, square))
    if (left & 1n) result = times(result, square)
  return result
}

const inverse = (value: bigint): bigint => power(value, mask - 1n)
const number = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`)
const block = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(32, '0'), 'hex')

function blocks(bytes: Buffer): bigint[] {
  const padded = Buffer.concat([bytes, Buffer.alloc((16 - (bytes.length % 16)) % 16)])
  return Array.from({ length: padded.length / 16 }, (_, index) => number(padded.subarray(index * 16, index * 16 + 16)))
}

/** The keystream's first two blocks, J0's and the first one of the plaintext, and the authentication key. */
function parts(key: Buffer, nonce: Buffer) {
  const encrypt = (input: Buffer): Buffer =>
    createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(input)
  const counter = (value: number): Buffer => Buffer.concat([nonce, Buffer.from([0, 0, 0, value])])
  return { hash: number(encrypt(Buffer.alloc(16))), mask: number(encrypt(counter(1))), stream: encrypt(counter(2)) }
}

/**
 * One nonce, ciphertext and tag that open under two keys, with the same associated data. The freedom that this needs is
 * in an owner id of the forger's choice: 16 bytes of it, which have to come out as UTF-8.
 */
export function twoTexts(keys: readonly [Buffer, Buffer], dataKeyId: string) {
  const bindingOf = (ownerId: string) => ({ clientId: 'app', field: 'access', ownerId, provider: 'spotify' })
  const marker = 'y'.repeat(16)
  const offset = associatedData(dataKeyId, bindingOf(marker)).indexOf(marker)
  const filler = 'f'.repeat((16 - (offset % 16)) % 16)
  for (let attempt = 0; ; attempt++) {
    const nonce = Buffer.alloc(12)
    nonce.writeUInt32BE(attempt)
    const [a, b] = [parts(keys[0], nonce), parts(keys[1], nonce)]
    const encrypted = Buffer.from([(a.stream[0] ?? 0) ^ 0x61])
    // The one byte of text must be ASCII under the second key too.
    if (((encrypted[0] ?? 0) ^ (b.stream[0] ?? 0)) > 0x7e) continue
    const template = associatedData(dataKeyId, bindingOf(`${filler}${'c'.repeat(16)}${marker}`))
    const at = template.indexOf(marker) / 16
    const lengths = Buffer.alloc(16)
    lengths.writeUInt32BE(template.length * 8, 4)
    lengths.writeUInt32BE(8, 12)
    const all = [...blocks(template), ...blocks(encrypted), number(lengths)]
    const weights = all.map((_, index) => {
      const exponent = BigInt(all.length - index)
      return power(a.hash, exponent) ^ power(b.hash, exponent)
    })
    const rest = all.reduce(
      (sum, value, index) => (index === at || index === at - 1 ? sum : sum ^ times(value, weights[index] ?? 0n)),
      a.mask ^ b.mask,
    )
    const back = inverse(weights[at] ?? 0n)
    const [constant, factor] = [times(rest, back), times(weights[at - 1] ?? 0n, back)]
    for (let count = 0; count < 60_000; count++) {
      const free = Buffer.from(count.toString(36).padStart(16, '0'))
      const solved = block(constant ^ times(number(free), factor))
      if (!isText(solved)) continue
      const binding = bindingOf(`${filler}${free.toString()}${solved.toString()}`)
      const tag = sealTag(keys[0], nonce, associatedData(dataKeyId, binding))
      return { nonce, binding, encryptedData: Buffer.concat([encrypted, tag]) }
    }
  }
}

function isText(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString()).equals(bytes) && !bytes.includes(0)
}

function sealTag(key: Buffer, nonce: Buffer, aad: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad)
  cipher.update('a')
  cipher.final()
  return cipher.getAuthTag()
}
