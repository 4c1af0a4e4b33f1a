import { ConfigError, StoreError } from '../../errors.ts'
import { isObject } from '../../internal/is-object.ts'

/** What a failed statement means for the caller, by the error of its driver. */
type DriverFailure = 'duplicate' | 'conflict' | 'no-table' | 'exists' | 'other'

const failures: Readonly<Record<string, DriverFailure>> = {
  // PostgreSQL, SQLSTATE
  '23505': 'duplicate',
  '40001': 'conflict',
  '40P01': 'conflict',
  '42P01': 'no-table',
  '42701': 'exists',
  '42P07': 'exists',
  // MySQL and MariaDB
  ER_DUP_ENTRY: 'duplicate',
  ER_LOCK_DEADLOCK: 'conflict',
  ER_CHECKREAD: 'conflict',
  ER_NO_SUCH_TABLE: 'no-table',
  ER_DUP_FIELDNAME: 'exists',
  ER_DUP_KEYNAME: 'exists',
}

/** SQLite has no codes for these; its messages are constant up to a name. Drivers put their own codes before them. */
const sqliteFailures: readonly (readonly [RegExp, DriverFailure])[] = [
  [/^([A-Z0-9_]+: )*no such table: /, 'no-table'],
  [/^([A-Z0-9_]+: )*(duplicate column name: |index \S+ already exists)/, 'exists'],
]

const safeText = (value: unknown): string | undefined =>
  (typeof value === 'string' && /^[A-Za-z0-9_]{1,64}$/.test(value)) || typeof value === 'number'
    ? `${value}`
    : undefined

/** SQLite's primary result code, from `node:sqlite` or from drivers that name it `rawCode`. */
function sqliteCode(error: Record<string, unknown>): string | undefined {
  if (typeof error.errcode === 'number') return `${error.errcode & 0xff}`
  if (typeof error.rawCode === 'number') return `${error.rawCode & 0xff}`
  return undefined
}

/** Whether SQLite failed because another connection holds a lock. */
export function isBusy(error: unknown): boolean {
  if (!isObject(error)) return false
  const code = sqliteCode(error)
  return code === '5' || code === '6' || /^SQLITE_(BUSY|LOCKED)/.test(`${error.code}`)
}

/** Classifies an error that a driver threw. */
export function driverFailure(error: unknown): DriverFailure {
  if (!isObject(error)) return 'other'
  const known = failures[`${error.code}`]
  if (known !== undefined) return known
  if (isBusy(error)) return 'conflict'
  const message = `${error.message}`
  return sqliteFailures.find(([pattern]) => pattern.test(message))?.[1] ?? 'other'
}

/**
 * A driver's error reduced to its name and codes. Messages, details, statements and parameters are left out,
 * because drivers put row values and passwords into them.
 */
export function safeCause(error: unknown): Error {
  const source = isObject(error) ? error : {}
  const message = typeof source.message === 'string' ? source.message : ''
  const facts: Record<string, string> = {}
  const add = (name: string, value: unknown): void => {
    const text = safeText(value)
    if (text !== undefined) facts[name] = text
  }
  add('code', source.code)
  add('errno', source.errno)
  add('sqlState', source.sqlState)
  add('syscall', source.syscall)
  add('errcode', source.errcode)
  // Redis begins an error with its code: "NOAUTH Authentication required."
  add('reply', /^([A-Z]{3,20}) /.exec(message)?.[1])
  const name = safeText(source.name) ?? 'Error'
  const list = Object.entries(facts).map(([key, value]) => `${key} ${value}`)
  const cause = new Error(list.length === 0 ? name : `${name}: ${list.join(', ')}`)
  Object.assign(cause, facts)
  cause.stack = `${cause.name}: ${cause.message}`
  return cause
}

/** The error that a store throws for an error of its driver. */
export function storeError(error: unknown): StoreError | ConfigError {
  if (error instanceof StoreError || error instanceof ConfigError) return error
  if (driverFailure(error) === 'no-table')
    return new StoreError('STORE_NOT_MIGRATED', 'The tables of the store do not exist: call migrate() first.', {
      cause: safeCause(error),
    })
  return new StoreError('STORE_UNAVAILABLE', 'The database operation failed.', { cause: safeCause(error) })
}

export function closedError(): StoreError {
  return new StoreError('STORE_UNAVAILABLE', 'The store is closed.', { retryable: false })
}

/** The error for a corrupt record. With its `revision`, `compareAndSet` can replace or delete it. */
export function corruptError(revision: string | undefined, what = 'stored connection'): StoreError {
  return new StoreError('STORE_CORRUPT', `A ${what} is corrupt.`, { revision })
}
