import { isObject } from './is-object.ts'

const inspected = Symbol.for('nodejs.util.inspect.custom')
const hidden = '[secret]'

/**
 * Holds a secret out of sight: printed, logged, spread, cloned, or turned into text or JSON, it is `[secret]` or nothing.
 * Options that take a secret accept it as it is.
 *
 * @example
 * ```ts
 * import { Secret } from 'stagedoor'
 *
 * const clientSecret = new Secret('the text from your secret store')
 * console.log({ clientSecret }) // { clientSecret: [secret] }
 * clientSecret.reveal() // the text
 * ```
 */
export class Secret<Value extends string | Uint8Array = string> {
  readonly #value: Value

  constructor(value: Value) {
    this.#value = value
  }

  /** The plain value. Whatever prints it from here on shows it. */
  reveal(): Value {
    return this.#value
  }

  /** `[secret]` */
  toString(): string {
    return hidden
  }

  /** `[secret]` */
  toJSON(): string {
    return hidden
  }

  /** @internal */
  [inspected](): string {
    return hidden
  }
}

type Plain<T> = T extends Secret<infer Value> ? Value : T

/** The content of a {@link Secret}, of any copy of this package; every other value as it is. */
export function plain<T>(value: T): Plain<T> {
  return (isObject(value) && typeof value.reveal === 'function' ? value.reveal() : value) as Plain<T>
}
