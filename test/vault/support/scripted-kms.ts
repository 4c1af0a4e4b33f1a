import { randomBytes } from '../../../src/internal/bytes.ts'
import { type Kms, localKms } from '../../../src/vault/index.ts'

type Operation = 'wrap' | 'unwrap' | 'rewrap'

/** A KMS that counts its calls and lets a test stand in the way of each. */
export interface ScriptedKms extends Kms {
  readonly calls: Operation[]
  /** Runs before each call: throw, wait, or look at the bytes. */
  before: (operation: Operation, bytes: Uint8Array) => void | Promise<void>
}

export function scriptedKms(keyId = 'main', inner: Kms = localKms({ keyId, key: randomBytes(32) })): ScriptedKms {
  const through = async (operation: Operation, bytes: Uint8Array, call: () => Promise<Uint8Array>) => {
    self.calls.push(operation)
    await self.before(operation, bytes)
    return await call()
  }
  const self: ScriptedKms = {
    keyId,
    calls: [],
    before: () => {},
    wrapKey: (bytes) => through('wrap', bytes, () => inner.wrapKey(bytes)),
    unwrapKey: (bytes) => through('unwrap', bytes, () => inner.unwrapKey(bytes)),
  }
  return self
}

/** A promise and the means to settle it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}
