const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Hashes integers into one unsigned 32-bit integer. Deterministic. */
export function hash(a: number, b: number, c = 0, d = 0): number {
  let mixed = 0x9e3779b9
  mixed = mixBits(mixed ^ a)
  mixed = mixBits(mixed ^ b)
  mixed = mixBits(mixed ^ c)
  return mixBits(mixed ^ d) >>> 0
}

function mixBits(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d)
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39)
  return mixed ^ (mixed >>> 15)
}

/** An integer of at least `from` and less than `to`, derived from the hash of the other arguments. */
export function between(from: number, to: number, a: number, b: number, c = 0): number {
  return from + (hash(a, b, c, 0x5bd1) % (to - from))
}

export function pick<T>(list: readonly [T, ...T[]], a: number, b: number, c = 0): T {
  return list[hash(a, b, c, 0x1b87) % list.length] ?? list[0]
}

/** `length` letters and digits derived from the hash of the other arguments. */
export function base62String(length: number, a: number, b: number): string {
  let text = ''
  for (let block = 0; text.length < length; block++) {
    let bits = hash(a, b, block, 0x7feb)
    for (let index = 0; index < 5; index++) {
      text += base62[bits % 62]
      bits = Math.floor(bits / 62)
    }
  }
  return text.slice(0, length)
}

export function hex(length: number, a: number, b: number): string {
  let text = ''
  for (let block = 0; text.length < length; block++) text += hash(a, b, block, 0x3c6e).toString(16).padStart(8, '0')
  return text.slice(0, length)
}

/** The hash of a text, for ids that are not numbers. */
export function hashText(text: string): number {
  let mixed = 0
  for (let index = 0; index < text.length; index++) mixed = mixBits(mixed ^ text.charCodeAt(index))
  return mixed >>> 0
}

/** Encodes 128 bits, given as four 32-bit words, in 22 base62 digits: the form of Spotify's ids. */
export function toBase62(words: readonly [number, number, number, number]): string {
  const halfWords: number[] = []
  for (const word of words) halfWords.push(word >>> 16, word & 0xffff)
  let text = ''
  for (let digit = 0; digit < 22; digit++) {
    let rest = 0
    for (let index = 0; index < 8; index++) {
      const value = rest * 65_536 + (halfWords[index] as number)
      halfWords[index] = Math.floor(value / 62)
      rest = value % 62
    }
    text = base62[rest] + text
  }
  return text
}

/** An id for an object that is not part of the catalogue. */
export function idFor(seed: number, text: string): string {
  const salt = hashText(text)
  return toBase62([hash(seed, salt, 1), hash(seed, salt, 2), hash(seed, salt, 3), hash(seed, salt, text.length)])
}

/** The reverse of {@link toBase62}; `undefined` for other text. */
export function fromBase62(text: string): readonly [number, number, number, number] | undefined {
  if (!/^[0-9A-Za-z]{22}$/.test(text)) return undefined
  const halfWords = [0, 0, 0, 0, 0, 0, 0, 0]
  for (const char of text) {
    let carry = base62.indexOf(char)
    for (let index = 7; index >= 0; index--) {
      const value = (halfWords[index] as number) * 62 + carry
      halfWords[index] = value & 0xffff
      carry = value >>> 16
    }
    if (carry !== 0) return undefined
  }
  const word = (index: number): number =>
    (((halfWords[index] as number) << 16) | (halfWords[index + 1] as number)) >>> 0
  return [word(0), word(2), word(4), word(6)]
}
