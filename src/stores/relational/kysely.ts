import { CompiledQuery, type Kysely, sql } from 'kysely'
import { ConfigError } from '../../errors.ts'
import { storeError } from '../common/driver-error.ts'
import type { RunSql, SqlDriver } from './database.ts'
import type { SqlDialect } from './dialect.ts'
import {
  inSqliteTransaction,
  isMigrated,
  type RunStatement,
  repeatConflicts,
  underMysqlLock,
  upgrade,
} from './migration.ts'
import type { Row } from './row.ts'
import type { Migrations } from './schema.ts'

/** Detected by the placeholders and quotes of its SQL, which works for third-party dialects as well. */
export function dialectOf(db: Kysely<unknown>): SqlDialect {
  const probe = sql`select ${0} as ${sql.id('a')}`.compile(db).sql
  if (probe.includes('$1')) return 'postgres'
  if (probe.includes('?')) return probe.includes('`') ? 'mysql' : 'sqlite'
  throw new ConfigError('CONFIG_UNSUPPORTED_CLIENT', 'sqlStore supports PostgreSQL, MySQL, MariaDB and SQLite.')
}

/** The driver of a store in a database that Kysely connects to. */
export function kyselyDriver(db: Kysely<unknown>, dialect: SqlDialect): SqlDriver {
  const runOn =
    (connection: Kysely<unknown>): RunSql =>
    async (text, parameters) => {
      const query = CompiledQuery.raw(text, [...parameters])
      const { rows, numAffectedRows } = await connection.executeQuery<Row>(query as CompiledQuery<Row>)
      return { rows, changed: numAffectedRows === undefined ? undefined : Number(numAffectedRows) }
    }
  return {
    dialect,
    run: runOn(db),
    transaction: (work) =>
      db
        .transaction()
        .setIsolationLevel('read committed')
        .execute((transaction) => work(runOn(transaction))),
  }
}

/** Brings the tables of a prefix to the last of the given versions of the schema. */
export async function migrate(
  db: Kysely<unknown>,
  dialect: SqlDialect,
  prefix: string,
  versions?: Migrations,
): Promise<void> {
  const target = { dialect, prefix, versions }
  const runOn =
    (connection: Kysely<unknown>): RunStatement =>
    async (text) =>
      (await connection.executeQuery<Row>(CompiledQuery.raw(text) as CompiledQuery<Row>)).rows
  try {
    if (await isMigrated(runOn(db), target)) return
    if (dialect === 'postgres') {
      await repeatConflicts(() =>
        db.transaction().execute(async (transaction) => {
          const run = runOn(transaction)
          await run(`select pg_advisory_xact_lock(hashtext('stagedoor migrate'), hashtext('${prefix}'))`)
          await upgrade(run, target)
        }),
      )
      return
    }
    await db.connection().execute(async (connection) => {
      const run = runOn(connection)
      if (dialect === 'mysql') await underMysqlLock(run, prefix, () => repeatConflicts(() => upgrade(run, target)))
      else await inSqliteTransaction(run, 10_000, (each) => upgrade(each, target))
    })
  } catch (error) {
    throw storeError(error)
  }
}
