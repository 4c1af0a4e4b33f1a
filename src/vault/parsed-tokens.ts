import type { EncryptedToken } from '../internal/encrypted-token.ts'
import { isObject } from '../internal/is-object.ts'
import type { AssociatedDataWriter } from './associated-data.ts'
import { parseToken, type TokenBytes } from './envelope.ts'
import { cacheName } from './opened-keys.ts'
import type { Binding } from './vault.ts'

/** A token of valid format, with its binary fields decoded. */
interface ParsedToken extends TokenBytes {
  readonly token: EncryptedToken
  /** The {@link cacheName} of its data key. */
  readonly name: string
  /** The binding of the latest use, and the associated data of the token with it. */
  bound?: { readonly binding: Binding; readonly associatedData: Uint8Array<ArrayBuffer> }
}

/** Number of tokens to cache. A weak map would grow with every opened token until it is garbage-collected. */
const maxSize = 1000

/** Parses tokens. A known one, such as that of a cached record, is only compared with the earlier copy. */
export class ParsedTokens {
  readonly #known = new Map<EncryptedToken, ParsedToken>()
  readonly #associatedData: AssociatedDataWriter

  constructor(associatedData: AssociatedDataWriter) {
    this.#associatedData = associatedData
  }

  /** @throws VaultError `VAULT_MALFORMED` as {@link parseToken} */
  parse(input: EncryptedToken): ParsedToken {
    const known = this.#known.get(input)
    if (known !== undefined && isSame(known.token, input)) return known
    // A copy, so that the values used are the ones that were checked.
    const token = isObject(input) ? { ...input } : input
    const parsed = { ...parseToken(token), token, name: cacheName(token) }
    this.#known.set(input, parsed)
    if (this.#known.size > maxSize) {
      const oldest = this.#known.keys().next()
      if (!oldest.done) this.#known.delete(oldest.value)
    }
    return parsed
  }

  clear(): void {
    this.#known.clear()
  }

  /** @throws TypeError `INVALID_ARGUMENT` as {@link AssociatedDataWriter} */
  associatedData(parsed: ParsedToken, binding: Binding): Uint8Array<ArrayBuffer> {
    const { bound, token } = parsed
    if (bound !== undefined && isSame(bound.binding, binding)) return bound.associatedData
    const associatedData = this.#associatedData(token.dataKeyId, binding).slice()
    parsed.bound = { binding: { ...binding }, associatedData }
    return associatedData
  }
}

/** Whether two objects have the same own properties, all of them plain values. */
function isSame<T extends object>(a: T, b: T): boolean {
  if (typeof b !== 'object' || b === null) return false
  const keys = Object.keys(b)
  if (keys.length !== Object.keys(a).length) return false
  for (const key of keys) if (!Object.hasOwn(a, key) || a[key as keyof T] !== b[key as keyof T]) return false
  return true
}
