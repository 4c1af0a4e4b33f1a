import type { EncryptedToken } from '../internal/encrypted-token.ts'
import type { AssociatedDataWriter } from './associated-data.ts'
import { cacheName } from './data-keys.ts'
import { parseToken, type TokenBytes } from './envelope.ts'
import type { Binding } from './vault.ts'

/** A token that was found to be of the format, with its binary fields decoded. */
export interface ParsedToken extends TokenBytes {
  readonly token: EncryptedToken
  /** What its data key is known by. */
  readonly name: string
  /** The binding that it was opened with last, and the associated data of the two. */
  bound?: { readonly binding: Binding; readonly associatedData: Uint8Array<ArrayBuffer> }
}

/** How many tokens are remembered. A weak map would grow with every token that is opened once, until it is cleaned up. */
const most = 1000

/** Parses tokens. One that comes again, as those of cached records do, is only compared with what it was. */
export class ParsedTokens {
  readonly #known = new Map<EncryptedToken, ParsedToken>()
  readonly #associatedData: AssociatedDataWriter

  constructor(associatedData: AssociatedDataWriter) {
    this.#associatedData = associatedData
  }

  /** @throws VaultError `VAULT_MALFORMED` as {@link parseToken} */
  parse(given: EncryptedToken): ParsedToken {
    const known = this.#known.get(given)
    if (known !== undefined && isSame(known.token, given)) return known
    // A copy: what was checked is then what is used.
    const token = typeof given === 'object' && given !== null && !Array.isArray(given) ? { ...given } : given
    const parsed = { ...parseToken(token), token, name: cacheName(token) }
    this.#known.set(given, parsed)
    if (this.#known.size > most) {
      const oldest = this.#known.keys().next()
      if (!oldest.done) this.#known.delete(oldest.value)
    }
    return parsed
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
