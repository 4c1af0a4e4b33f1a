import { writeSync } from 'node:fs'
import type { Kysely } from 'kysely'
import { dialectOf, migrate } from '../../../src/stores/relational/kysely.ts'
import { type Migrations, migrations } from '../../../src/stores/relational/schema.ts'
import { sqlStore } from '../../../src/stores/sql.ts'
import { unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { type LogQuery, mariadbKysely, postgresKysely, sqliteKysely } from './kysely.ts'

/** Versions of the schema as later versions of the package may have them: a column, then an index of it and its values. */
export function versionsUpTo(last: number): Migrations {
  return (dialect, prefix) => {
    const table = `${prefix}connections`
    const later = [
      [`alter table ${table} add column note ${dialect === 'mysql' ? 'varchar(64)' : 'text'}`],
      [`create index ${prefix}note on ${table} (note)`, `update ${table} set note = 'filled' where note is null`],
    ]
    return [...migrations(dialect, prefix), ...later].slice(0, last)
  }
}

/** The work of a process. Run as a program, this module does it. */
export interface VersionWork {
  readonly on: 'PostgreSQL' | 'MariaDB' | 'SQLite'
  readonly path: string
  readonly prefix: string
  /**
   * `write`: as a process of the first version, adds one to the record of `owner` until it is told to stop.
   * `migrate`: migrates to the last version. `stop-half-way`: stops after the first statement of the second one.
   */
  readonly role: 'write' | 'migrate' | 'stop-half-way'
  readonly owner: string
}

export function openDatabase({ on, path }: Pick<VersionWork, 'on' | 'path'>, log?: LogQuery): Kysely<unknown> {
  if (on === 'PostgreSQL') return postgresKysely(2, log)
  return on === 'MariaDB' ? mariadbKysely(2, log) : sqliteKysely(path, log)
}

async function write(work: VersionWork): Promise<void> {
  const store = sqlStore({ db: openDatabase(work), tablePrefix: work.prefix })
  let stopped = false
  process.once('message', () => {
    stopped = true
  })
  const id = { provider: 'spotify', ownerId: work.owner }
  let written = 0
  while (!stopped) {
    const record = await store.get(id)
    if (record === undefined) throw new Error('the record of the writer is missing')
    const failure = { code: 'COUNT', at: 0, attempts: (record.failure?.attempts ?? 0) + 1 }
    if (!(await store.compareAndSet(id, record.revision, { ...record, revision: unique(), failure })))
      throw new Error('somebody else wrote the record of the writer')
    if (++written === 1) process.send?.('ready')
    await new Promise((resolve) => setImmediate(resolve))
  }
  process.send?.(written, () => process.exit())
}

async function migrateToLast(work: VersionWork): Promise<void> {
  const halfWay: LogQuery = ({ sql }) => {
    if (work.role !== 'stop-half-way' || !sql.startsWith('alter table')) return
    writeSync(1, 'half-way\n')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
  const db = openDatabase(work, halfWay)
  process.send?.('ready')
  await new Promise((resolve) => process.once('message', resolve))
  await migrate(db, dialectOf(db), work.prefix, versionsUpTo(3))
  process.send?.('migrated', () => process.exit())
}

if (process.send !== undefined && process.argv[1] === import.meta.filename)
  process.once('message', (work: VersionWork) => (work.role === 'write' ? write(work) : migrateToLast(work)))
