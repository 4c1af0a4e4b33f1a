import { fromUtf8 } from './bytes.ts'

/** Distinct values, and distinct steps from each value to the next, that 32 random bytes have at least. */
const minDistinct = 16
/** How far the largest and the smallest of 32 random bytes are apart at least. */
const minSpan = 96
/** How often one value occurs among 32 random bytes at most. */
const maxRepeats = 7

/**
 * Whether the 32 bytes of a key are plainly not random: text, in bytes or as base64url, repetitions, sequences, padding,
 * or few different values. Of random keys fewer than one in a thousand million is taken for such a key.
 */
export function isGuessable(key: Uint8Array): boolean {
  const octets = [...key]
  const letters = sextets(octets)
  return (
    hasPattern(octets, 256) ||
    hasPattern(letters, 64) ||
    Math.max(...octets) - Math.min(...octets) < minSpan ||
    octets.some((octet) => octets.filter((other) => other === octet).length > maxRepeats) ||
    isText(key) ||
    !letters.some(isCapital) ||
    !letters.some(isSmall)
  )
}

function hasPattern(values: readonly number[], modulus: number): boolean {
  const steps = stepsOf(values, modulus)
  const few = [values, steps, stepsOf(steps, modulus)].some((list) => new Set(list).size < minDistinct)
  return few || periods(values).some((period) => values.every((value, at) => value === values[at % period]))
}

function stepsOf(values: readonly number[], modulus: number): number[] {
  return values.slice(1).map((value, at) => (value - (values[at] ?? 0) + modulus) % modulus)
}

function periods(values: readonly number[]): number[] {
  return Array.from({ length: values.length >> 1 }, (_, index) => index + 1)
}

function isText(key: Uint8Array): boolean {
  try {
    return /^[\t\n\r\P{Cc}]*$/u.test(fromUtf8(key))
  } catch {
    return false
  }
}

/** The positions in the alphabet of base64url, as numbers: a string of the key would stay in memory. */
function sextets(octets: readonly number[]): number[] {
  return Array.from({ length: Math.ceil((octets.length * 8) / 6) }, (_, index) => {
    const bit = index * 6
    const pair = ((octets[bit >> 3] ?? 0) << 8) | (octets[(bit >> 3) + 1] ?? 0)
    return (pair >> (10 - (bit & 7))) & 63
  })
}

const isCapital = (sextet: number): boolean => sextet < 26
const isSmall = (sextet: number): boolean => sextet >= 26 && sextet < 52
