import { StoreError } from '../errors.ts'
import { jitter } from '../internal/jitter.ts'
import { sleep } from '../internal/signal.ts'
import { migrations, type SqlDialect, versionTable } from './dialect.ts'
import { driverFailure, isBusy } from './driver-error.ts'
import type { Row } from './row.ts'

/** Runs one statement on the migration's own connection. */
export type RunStatement = (sql: string) => Promise<readonly Row[]>

async function versionOf(run: RunStatement, prefix: string): Promise<number> {
  return Number((await run(`select max(version) as version from ${prefix}schema`))[0]?.version ?? 0)
}

/**
 * Whether the tables have the schema of this version of the package. Only reads, which any database user may do.
 *
 * @throws StoreError `STORE_NOT_MIGRATED` if a newer version of this package created them
 */
export async function isMigrated(run: RunStatement, dialect: SqlDialect, prefix: string): Promise<boolean> {
  try {
    return isCurrent(await versionOf(run, prefix), dialect, prefix)
  } catch (error) {
    if (driverFailure(error) === 'no-table') return false
    throw error
  }
}

function isCurrent(version: number, dialect: SqlDialect, prefix: string): boolean {
  const newest = migrations(dialect, prefix).length
  if (version > newest)
    throw new StoreError('STORE_NOT_MIGRATED', 'The tables were created by a newer version of this package.')
  return version === newest
}

/** Applies the missing migrations. The caller makes sure that no other process does so at the same time. */
export async function upgrade(run: RunStatement, dialect: SqlDialect, prefix: string): Promise<void> {
  await run(versionTable(prefix))
  const from = await versionOf(run, prefix)
  if (isCurrent(from, dialect, prefix)) return
  for (const [index, statements] of migrations(dialect, prefix).entries()) {
    if (index < from) continue
    for (const statement of statements) await run(statement)
    await run(`insert into ${prefix}schema (version) values (${index + 1})`)
  }
}

/** DDL commits implicitly on MySQL, so a named lock excludes other processes, and every statement can safely run again. */
export async function underMysqlLock(run: RunStatement, prefix: string, work: () => Promise<void>): Promise<void> {
  const name = `concat('stagedoor.', md5(concat(coalesce(database(), ''), '.${prefix}')))`
  const rows = await run(`select get_lock(${name}, 60) as acquired`)
  if (Number(rows[0]?.acquired) !== 1)
    throw new StoreError('STORE_UNAVAILABLE', 'Another process has been migrating the tables for a minute.')
  try {
    await work()
  } finally {
    await run(`select release_lock(${name}) as released`)
  }
}

/** Waits up to `timeout` milliseconds for other processes that write to the file. */
export async function inSqliteTransaction(
  run: RunStatement,
  timeout: number,
  work: () => Promise<void>,
): Promise<void> {
  const end = performance.now() + timeout
  for (;;) {
    try {
      await run('begin immediate')
      break
    } catch (error) {
      if (!isBusy(error) || performance.now() >= end) throw error
      await sleep(1 + jitter(20))
    }
  }
  try {
    await work()
    await run('commit')
  } catch (error) {
    await run('rollback').catch(() => {})
    throw error
  }
}
