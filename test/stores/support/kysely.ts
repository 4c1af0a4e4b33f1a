import { DatabaseSync } from 'node:sqlite'
import {
  type CompiledQuery,
  Kysely,
  MysqlDialect,
  PGliteDialect,
  PostgresDialect,
  type SqliteDatabase,
  SqliteDialect,
  sql,
} from 'kysely'
import { createPool } from 'mysql2'
import { Pool } from 'pg'
import { urls } from '../../support/services.ts'

export type LogQuery = (query: CompiledQuery) => void
const logging = (log: LogQuery | undefined) =>
  log ? { log: (event: { query: CompiledQuery }) => log(event.query) } : {}

/** `node:sqlite` with the interface that Kysely's SQLite dialect requires. */
export function sqliteKysely(path: string, log?: LogQuery): Kysely<unknown> {
  const db = new DatabaseSync(path)
  db.exec('pragma busy_timeout = 20; pragma journal_mode = wal')
  type Parameters = readonly (string | number | null)[]
  const database: SqliteDatabase = {
    close: () => db.close(),
    prepare(sql) {
      const statement = db.prepare(sql)
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as Parameters)),
        run: (parameters) => statement.run(...(parameters as Parameters)),
        iterate: (parameters) => statement.iterate(...(parameters as Parameters)),
      }
    },
  }
  return new Kysely<unknown>({ dialect: new SqliteDialect({ database }), ...logging(log) })
}

export function postgresKysely(max = 4, log?: LogQuery): Kysely<unknown> {
  return new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new Pool({ connectionString: urls.postgres, max }) }),
    ...logging(log),
  })
}

export function mariadbKysely(connectionLimit = 4, log?: LogQuery): Kysely<unknown> {
  return new Kysely<unknown>({
    dialect: new MysqlDialect({ pool: createPool({ uri: urls.mariadb, connectionLimit }) }),
    ...logging(log),
  })
}

export function pgliteKysely(): Kysely<unknown> {
  // Loaded late: processes that tests start do without it.
  const pglite = async () => (await import('@electric-sql/pglite')).PGlite.create()
  return new Kysely<unknown>({ dialect: new PGliteDialect({ pglite }) })
}

/** Removes the tables of a store. */
export async function dropTables(db: Kysely<unknown>, prefix: string): Promise<void> {
  for (const table of ['connections', 'claims', 'state', 'schema'])
    await sql`drop table if exists ${sql.table(prefix + table)}`.execute(db)
}
