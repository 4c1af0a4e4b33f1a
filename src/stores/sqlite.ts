import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { ConfigError, StoreError } from '../errors.ts'
import { jitter } from '../internal/jitter.ts'
import { sleep } from '../internal/signal.ts'
import { isBusy, safeCause, storeError } from './common/driver-error.ts'
import type { SqlDriver } from './relational/database.ts'
import { inSqliteTransaction, isMigrated, type RunStatement, upgrade } from './relational/migration.ts'
import { relationalStore } from './relational/relational.ts'
import type { StoreOptions, TokenStore } from './store.ts'

export type { StoreOptions, TokenStore } from './store.ts'

/** Options of {@link sqliteStore}. */
export interface SqliteStoreOptions extends StoreOptions {
  /** Milliseconds that a call waits while another process has locked the file. @default 5_000 */
  readonly busyTimeout?: number | undefined
}

const prefix = 'stagedoor_'

/**
 * Keeps connections in one SQLite file, with `node:sqlite` only (Node 22.13 or later). The file and its tables are created
 * at first use; several processes of one machine may share it.
 *
 * @param path of the file; its folder must exist. `:memory:` keeps everything in this process.
 * @throws StoreError `STORE_UNAVAILABLE` (not retryable) if the file cannot be opened
 * @throws ConfigError `CONFIG_MISSING` or `CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { sqliteStore } from 'stagedoor/stores/sqlite'
 *
 * const store = sqliteStore('stagedoor.db')
 * ```
 */
export function sqliteStore(path: string, options: SqliteStoreOptions = {}): Required<TokenStore> {
  if (typeof path !== 'string' || path === '')
    throw new ConfigError('CONFIG_MISSING', 'sqliteStore needs the path of a file.')
  const { busyTimeout = 5_000 } = options
  if (!Number.isSafeInteger(busyTimeout) || busyTimeout < 0)
    throw new ConfigError('CONFIG_INVALID', 'busyTimeout must be milliseconds, 0 or more.')
  return relationalStore(sqliteDriver(open(path), busyTimeout), prefix, options)
}

function open(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path)
  } catch (error) {
    throw new StoreError(
      'STORE_UNAVAILABLE',
      'The SQLite file cannot be opened: check that its folder exists and is writable.',
      {
        cause: safeCause(error),
        retryable: false,
      },
    )
  }
}

function sqliteDriver(db: DatabaseSync, busyTimeout: number): SqlDriver {
  const statements = new Map<string, StatementSync>()
  let ready: Promise<void> | undefined

  function prepare(sql: string): StatementSync {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = db.prepare(sql)
    // A number above 2^53 in one row must not make the whole page unreadable.
    statement.setReadBigInts(true)
    if (statements.size > 100) statements.clear()
    statements.set(sql, statement)
    return statement
  }
  /** SQLite blocks the process while it waits for a lock, so it waits only briefly and the rest of the time is spent here. */
  async function retryWhileBusy<T>(work: () => T, signal?: AbortSignal): Promise<T> {
    const end = performance.now() + busyTimeout
    for (;;) {
      try {
        return work()
      } catch (error) {
        if (!isBusy(error)) throw error
        if (performance.now() >= end) throw storeError(error)
        await sleep(1 + jitter(20), signal)
      }
    }
  }
  async function prepareFile(): Promise<void> {
    db.exec(`pragma busy_timeout = ${Math.min(busyTimeout, 20)}`)
    await retryWhileBusy(() => db.exec('pragma journal_mode = wal'))
    // Without a sync at each commit, a power failure could lose a refresh token that was just replaced.
    db.exec('pragma synchronous = full')
    const run: RunStatement = async (sql) => db.prepare(sql).all()
    const target = { dialect: 'sqlite', prefix } as const
    if (await isMigrated(run, target)) return
    await inSqliteTransaction(run, busyTimeout, (each) => upgrade(each, target))
  }

  return {
    dialect: 'sqlite',
    async run(sql, parameters, signal) {
      ready ??= prepareFile().catch((error: unknown) => {
        ready = undefined
        throw storeError(error)
      })
      await ready
      return retryWhileBusy(() => ({ rows: prepare(sql).all(...parameters) }), signal)
    },
    async close() {
      await ready?.catch(() => {})
      statements.clear()
      db.close()
    },
  }
}
