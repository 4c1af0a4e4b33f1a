import { isObject } from '../../internal/is-object.ts'

/** Whether a value can be stored, and is read back unchanged, in every database. */
export type Check = (value: unknown) => boolean

const fitsIn = (value: string, maxBytes: number): boolean =>
  value.length * 3 <= maxBytes || new TextEncoder().encode(value).length <= maxBytes
const unstorable = /[\0\p{Surrogate}]/u

/** Text that every database stores and compares unchanged: no NUL, no lone surrogate, bounded length in UTF-8. */
export const text =
  (maxBytes: number): Check =>
  (value) =>
    typeof value === 'string' && value !== '' && !unstorable.test(value) && fitsIn(value, maxBytes)

export const time: Check = (value) => Number.isSafeInteger(value)

export const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)

/** An object with these fields and no others. */
export const shape =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) &&
    Object.keys(value).every((key) => Object.hasOwn(checks, key)) &&
    Object.entries(checks).every(([key, check]) => check(value[key]))

export const isProvider = text(64)
export const isOwnerId = text(255)
const label = text(64)
export const isAccount: Check = (value) => value === '' || label(value)
