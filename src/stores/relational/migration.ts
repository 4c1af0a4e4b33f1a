import { StoreError } from '../../errors.ts'
import { isObject } from '../../internal/is-object.ts'
import { jitter } from '../../internal/jitter.ts'
import { sleep } from '../../internal/signal.ts'
import { driverFailure, isBusy } from '../common/driver-error.ts'
import type { SqlDialect } from './dialect.ts'
import type { Row } from './row.ts'
import { type Migrations, migrations, versionTable } from './schema.ts'

/** Runs one statement on the migration's own connection. */
export type RunStatement = (sql: string) => Promise<readonly Row[]>

/** What to migrate: the tables of a prefix, to the last of the given versions. */
interface Target {
  readonly dialect: SqlDialect
  readonly prefix: string
  /** @default the versions of this package */
  readonly versions?: Migrations | undefined
}

const versionsOf = ({ dialect, prefix, versions = migrations }: Target): ReturnType<Migrations> =>
  versions(dialect, prefix)

async function currentVersion(run: RunStatement, { prefix }: Target): Promise<number> {
  return Number((await run(`select max(version) as version from ${prefix}schema`))[0]?.version ?? 0)
}

/**
 * Whether the tables have the schema of this version of the package. Only reads, which any database user may do.
 *
 * @throws StoreError `STORE_NOT_MIGRATED` if a newer version of this package created them
 */
export async function isMigrated(run: RunStatement, target: Target): Promise<boolean> {
  try {
    return isCurrent(await currentVersion(run, target), target)
  } catch (error) {
    if (driverFailure(error) === 'no-table') return false
    throw error
  }
}

function isCurrent(version: number, target: Target): boolean {
  const newest = versionsOf(target).length
  if (version > newest)
    throw new StoreError('STORE_NOT_MIGRATED', 'The tables were created by a newer version of this package.')
  return version === newest
}

/** Applies the missing migrations. Where statements commit one by one, a process that ended half-way is continued. */
export async function upgrade(run: RunStatement, target: Target): Promise<void> {
  const { dialect, prefix } = target
  await run(versionTable(prefix))
  const from = await currentVersion(run, target)
  if (isCurrent(from, target)) return
  const step = dialect === 'postgres' ? underSavepoint : unlessDone
  for (const [index, statements] of versionsOf(target).entries()) {
    if (index < from) continue
    for (const statement of statements) await step(run, statement)
    const row = `into ${prefix}schema (version) values (${index + 1})`
    await run(dialect === 'mysql' ? `insert ignore ${row}` : `insert ${row} on conflict (version) do nothing`)
  }
}

/** Runs a statement whose column or index may be there already. */
async function unlessDone(run: RunStatement, statement: string): Promise<void> {
  try {
    await run(statement)
  } catch (error) {
    if (driverFailure(error) !== 'exists') throw error
  }
}

/** An error ends a transaction of PostgreSQL, unless there is a place to go back to. */
async function underSavepoint(run: RunStatement, statement: string): Promise<void> {
  await run('savepoint stagedoor_step')
  await unlessDone(async (text) => {
    try {
      return await run(text)
    } catch (error) {
      await run('rollback to savepoint stagedoor_step')
      throw error
    }
  }, statement)
  await run('release savepoint stagedoor_step')
}

/** Runs work again that lost against another transaction, as a migration that alters a table in use may. */
export async function repeatConflicts(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work()
      return
    } catch (error) {
      if (driverFailure(error) !== 'conflict' || isBusy(error) || attempt === 10) throw error
      await sleep(jitter(50 * attempt))
    }
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

/**
 * Runs work in a transaction if there are any: services such as D1 refuse them. Waits up to `timeout` milliseconds for
 * other processes that write to the file.
 */
export async function inSqliteTransaction(
  run: RunStatement,
  timeout: number,
  work: (run: RunStatement) => Promise<void>,
): Promise<void> {
  const end = performance.now() + timeout
  const runWhileBusy: RunStatement = async (statement) => {
    for (;;) {
      try {
        return await run(statement)
      } catch (error) {
        if (!isBusy(error) || performance.now() >= end) throw error
        await sleep(1 + jitter(20))
      }
    }
  }
  const begun = await runWhileBusy('begin immediate').then(
    () => true,
    (error: unknown) => {
      if (isBusy(error)) throw error
      return false
    },
  )
  if (!begun) return work(runWhileBusy)
  try {
    await work(run)
    await run('commit')
  } catch (error) {
    // A service whose transactions end with each statement: what was done counts, or is done again.
    if (isObject(error) && /no transaction is active/.test(`${error.message}`)) return work(runWhileBusy)
    await run('rollback').catch(() => {})
    throw error
  }
}
