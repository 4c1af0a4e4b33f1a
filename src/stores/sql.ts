import type { Kysely } from 'kysely'
import { ConfigError } from '../errors.ts'
import { dialectOf, kyselyDriver, migrate } from './relational/kysely.ts'
import { relationalStore } from './relational/relational.ts'
import type { StoreOptions, TokenStore } from './store.ts'

export type { StoreOptions, TokenStore } from './store.ts'

export interface SqlStoreOptions<Database> extends StoreOptions {
  /** The application's own Kysely, on PostgreSQL, MySQL, MariaDB or SQLite. The store never destroys it. */
  readonly db: Kysely<Database>
  /** Prefix of every table and index: lower-case letters, digits and `_`. @default 'stagedoor_' */
  readonly tablePrefix?: string | undefined
}

/** A store in the application's own SQL database. */
export interface SqlStore extends Required<TokenStore> {
  /**
   * Creates the tables and brings them up to date. May be called at every start, by several processes at once.
   *
   * @throws StoreError `STORE_UNAVAILABLE`; `STORE_NOT_MIGRATED` if a newer version of this package created the tables
   */
  migrate(): Promise<void>
}

/**
 * Keeps connections in PostgreSQL, MySQL, MariaDB or SQLite, through the application's own Kysely.
 * Call `migrate()` before the first use; without it every call fails with `STORE_NOT_MIGRATED`.
 *
 * @throws ConfigError `CONFIG_UNSUPPORTED_CLIENT` for a Kysely of another database or inside a transaction,
 *   `CONFIG_INVALID` for an invalid prefix, `CONFIG_MISSING` without a Kysely
 *
 * @example
 * ```ts
 * import { Kysely, PostgresDialect } from 'kysely'
 * import { Pool } from 'pg'
 * import { sqlStore } from 'stagedoor/stores/sql'
 *
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL })
 * const store = sqlStore({ db: new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) }) })
 * await store.migrate()
 * ```
 */
export function sqlStore<Database>(options: SqlStoreOptions<Database>): SqlStore {
  const prefix = options.tablePrefix ?? 'stagedoor_'
  if (!/^[a-z_][a-z0-9_]{0,39}$/.test(prefix))
    throw new ConfigError(
      'CONFIG_INVALID',
      'tablePrefix must be at most 40 lower-case letters, digits and underscores.',
    )
  if (typeof options.db?.executeQuery !== 'function')
    throw new ConfigError('CONFIG_MISSING', 'sqlStore needs db: the Kysely of the application.')
  if (options.db.isTransaction)
    throw new ConfigError('CONFIG_UNSUPPORTED_CLIENT', 'sqlStore needs a Kysely outside of any transaction.')
  // Plugins such as CamelCasePlugin would rename the columns of results.
  const db = options.db.withoutPlugins() as Kysely<unknown>
  const dialect = dialectOf(db)
  return {
    ...relationalStore(kyselyDriver(db, dialect), prefix, options),
    migrate: () => migrate(db, dialect, prefix),
  }
}
