import { ConfigError, StoreError } from '../errors.ts'

/** What a failed statement means for the caller, as far as its driver says. */
export type DriverFailure = 'duplicate' | 'conflict' | 'no-table' | 'other'

const failures: Readonly<Record<string, DriverFailure>> = {
  // PostgreSQL, SQLSTATE
  '23505': 'duplicate',
  '40001': 'conflict',
  '40P01': 'conflict',
  '42P01': 'no-table',
  // MySQL and MariaDB
  ER_DUP_ENTRY: 'duplicate',
  ER_LOCK_DEADLOCK: 'conflict',
  ER_CHECKREAD: 'conflict',
  ER_NO_SUCH_TABLE: 'no-table',
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const word = (value: unknown): string | undefined =>
  (typeof value === 'string' && /^[A-Za-z0-9_]{1,64}$/.test(value)) || typeof value === 'number'
    ? `${value}`
    : undefined

/** SQLite's primary result code, for `node:sqlite` and for drivers that spell it. */
function sqliteCode(error: Record<string, unknown>): string | undefined {
  if (typeof error.errcode === 'number') return `${error.errcode & 0xff}`
  if (typeof error.rawCode === 'number') return `${error.rawCode & 0xff}`
  return undefined
}

/** Whether SQLite gave up on a lock that another connection holds. */
export function isBusy(error: unknown): boolean {
  if (!isObject(error)) return false
  const code = sqliteCode(error)
  return code === '5' || code === '6' || /^SQLITE_(BUSY|LOCKED)/.test(`${error.code}`)
}

export function driverFailure(error: unknown): DriverFailure {
  if (!isObject(error)) return 'other'
  const known = failures[`${error.code}`]
  if (known !== undefined) return known
  if (isBusy(error)) return 'conflict'
  // SQLite has no code of its own for this; its message is a constant and the table's name.
  return /^(SQLITE_ERROR: )?no such table/.test(`${error.message}`) ? 'no-table' : 'other'
}

/**
 * What may be shown of a driver's error: its name and codes. Messages, details, statements and parameters stay behind,
 * because drivers put row values and passwords into them.
 */
export function safeCause(error: unknown): Error {
  const source = isObject(error) ? error : {}
  const message = typeof source.message === 'string' ? source.message : ''
  const facts: Record<string, string> = {}
  const keep = (name: string, value: unknown): void => {
    const kept = word(value)
    if (kept !== undefined) facts[name] = kept
  }
  keep('code', source.code)
  keep('errno', source.errno)
  keep('sqlState', source.sqlState)
  keep('syscall', source.syscall)
  keep('errcode', source.errcode)
  // Redis begins an error with its code: "NOAUTH Authentication required."
  keep('reply', /^([A-Z]{3,20}) /.exec(message)?.[1])
  const name = word(source.name) ?? 'Error'
  const listed = Object.entries(facts).map(([key, value]) => `${key} ${value}`)
  const cause = new Error(listed.length === 0 ? name : `${name}: ${listed.join(', ')}`)
  Object.assign(cause, facts)
  cause.stack = `${cause.name}: ${cause.message}`
  return cause
}

/** The error that a caller of a store sees for what its driver threw. */
export function storeError(error: unknown): StoreError | ConfigError {
  if (error instanceof StoreError || error instanceof ConfigError) return error
  if (driverFailure(error) === 'no-table')
    return new StoreError('STORE_NOT_MIGRATED', 'The tables of the store do not exist: call migrate() first.', {
      cause: safeCause(error),
    })
  return new StoreError('STORE_UNAVAILABLE', 'The database did not do what was asked.', { cause: safeCause(error) })
}

export function closedError(): StoreError {
  return new StoreError('STORE_UNAVAILABLE', 'The store is closed.', { retryable: false })
}

/** A stored record that cannot be trusted. `revision` lets `compareAndSet` replace or delete it. */
export function corruptError(revision: string | undefined): StoreError {
  return new StoreError('STORE_CORRUPT', 'A stored connection is corrupt.', { revision })
}
