import { invalidArgument } from '../errors.ts'
import { formatVersion, wellFormed } from './envelope.ts'
import type { Binding } from './vault.ts'

const label = 'stagedoor.encrypted-token'
const maxEntries = 16
const maxValue = 4096
const keyPattern = /^[A-Za-z0-9_.-]{1,64}$/
const encoder = new TextEncoder()

/** Writes associated data into one reused buffer: use the result before the next call. */
export type AssociatedDataWriter = (dataKeyId: string, binding: Binding) => Uint8Array<ArrayBuffer>

/**
 * The associated data of a token: format label, version, data key id, then each binding's key and value in the order of
 * the keys. Every part is preceded by its length as a 32-bit big-endian number, so that no two inputs result in the same bytes.
 * Throws a `TypeError` with code `INVALID_ARGUMENT` for a binding that is empty, too large or not made of well-formed strings.
 */
export function createAssociatedDataWriter(): AssociatedDataWriter {
  let scratch = new Uint8Array(1024)
  let view = new DataView(scratch.buffer)
  let length = 0

  const append = (text: string): void => {
    const start = length + 4
    if (scratch.length - start < text.length * 3) {
      const larger = new Uint8Array((start + text.length * 3) * 2)
      larger.set(scratch.subarray(0, length))
      scratch = larger
      view = new DataView(scratch.buffer)
    }
    let written = 0
    for (; written < text.length; written++) {
      const unit = text.charCodeAt(written)
      if (unit > 0x7f) break
      scratch[start + written] = unit
    }
    if (written < text.length) {
      if (!wellFormed(text)) throw invalidBinding()
      written = encoder.encodeInto(text, scratch.subarray(start)).written
    }
    view.setUint32(length, written)
    length = start + written
  }

  append(label)
  view.setUint32(length, 1)
  scratch[length + 4] = formatVersion
  const prefix = length + 5

  return (dataKeyId, binding) => {
    length = prefix
    append(dataKeyId)
    for (const key of bindingKeys(binding)) {
      const value = binding[key]
      if (typeof value !== 'string' || value.length > maxValue) throw invalidBinding()
      append(key)
      append(value)
    }
    return scratch.subarray(0, length)
  }
}

function bindingKeys(binding: Binding): readonly string[] {
  if (typeof binding !== 'object' || binding === null) throw invalidBinding()
  const keys = Object.keys(binding)
  if (keys.length === 0 || keys.length > maxEntries) throw invalidBinding()
  for (const key of keys) if (!keyPattern.test(key)) throw invalidBinding()
  return keys.sort()
}

function invalidBinding(): TypeError {
  return invalidArgument('A binding must have 1 to 16 entries: keys of letters, digits, _ . -, values of strings.')
}
