import { CompiledQuery, type Kysely, sql } from 'kysely'
import { ConfigError } from '../errors.ts'
import type { SqlDialect } from './dialect.ts'
import { storeError } from './driver-error.ts'
import { inSqliteTransaction, isMigrated, type RunStatement, underMysqlLock, upgrade } from './migration.ts'
import { relationalStore, type SqlDriver } from './relational.ts'
import type { Row } from './row.ts'
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

/** Detected by the placeholders and quotes of its SQL, which works for third-party dialects as well. */
function dialectOf(db: Kysely<unknown>): SqlDialect {
  const probe = sql`select ${0} as ${sql.id('a')}`.compile(db).sql
  if (probe.includes('$1')) return 'postgres'
  if (probe.includes('?')) return probe.includes('`') ? 'mysql' : 'sqlite'
  throw new ConfigError('CONFIG_UNSUPPORTED_CLIENT', 'sqlStore supports PostgreSQL, MySQL, MariaDB and SQLite.')
}

function kyselyDriver(db: Kysely<unknown>, dialect: SqlDialect): SqlDriver {
  return {
    dialect,
    async run(text, parameters) {
      const query = CompiledQuery.raw(text, [...parameters])
      const { rows, numAffectedRows } = await db.executeQuery<Row>(query as CompiledQuery<Row>)
      if (text.startsWith('select')) return { rows, changed: 0 }
      if (numAffectedRows === undefined)
        throw new ConfigError(
          'CONFIG_UNSUPPORTED_CLIENT',
          'This Kysely dialect does not report how many rows a statement changed.',
        )
      return { rows, changed: Number(numAffectedRows) }
    },
  }
}

async function migrate(db: Kysely<unknown>, dialect: SqlDialect, prefix: string): Promise<void> {
  const runOn =
    (connection: Kysely<unknown>): RunStatement =>
    async (text) =>
      (await connection.executeQuery<Row>(CompiledQuery.raw(text) as CompiledQuery<Row>)).rows
  try {
    if (await isMigrated(runOn(db), dialect, prefix)) return
    if (dialect === 'postgres') {
      await db.transaction().execute(async (transaction) => {
        const run = runOn(transaction)
        await run(`select pg_advisory_xact_lock(hashtext('stagedoor migrate'), hashtext('${prefix}'))`)
        await upgrade(run, dialect, prefix)
      })
      return
    }
    await db.connection().execute(async (connection) => {
      const run = runOn(connection)
      const work = (): Promise<void> => upgrade(run, dialect, prefix)
      await (dialect === 'mysql' ? underMysqlLock(run, prefix, work) : inSqliteTransaction(run, 10_000, work))
    })
  } catch (error) {
    throw storeError(error)
  }
}
