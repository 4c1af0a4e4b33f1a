import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import {
  inSqliteTransaction,
  isMigrated,
  type RunStatement,
  repeatConflicts,
  upgrade,
} from '../../../src/stores/relational/migration.ts'

const target = { dialect: 'sqlite', prefix: 'p_' } as const

/** A SQLite database; `handle` sees each statement first, and may fail or keep it from being run. */
function sqlite(handle: (sql: string, db: DatabaseSync) => boolean) {
  const db = new DatabaseSync(':memory:')
  const ran: string[] = []
  const run: RunStatement = async (sql) => {
    ran.push(sql)
    return handle(sql, db) ? db.prepare(sql).all() : []
  }
  return { db, ran, run }
}
const busy = Object.assign(new Error('database is locked'), { code: 'ERR_SQLITE_ERROR', errcode: 5 })

describe('a migration of SQLite', () => {
  test('runs without a transaction where there is none, and still waits for a busy database', async () => {
    let refused = 0
    const { run, ran } = sqlite((sql) => {
      if (sql.startsWith('begin')) throw new Error('D1_ERROR: use the batch API instead')
      if (sql.startsWith('create index') && ++refused < 4) throw busy
      return true
    })
    await inSqliteTransaction(run, 10_000, (each) => upgrade(each, target))
    expect(refused).toBeGreaterThan(3)
    expect(await isMigrated(run, target)).toBe(true)
    expect(ran.some((sql) => /^(commit|rollback)/.test(sql))).toBe(false)
  })

  test.each([
    ['before the next statement', false],
    ['with all that was done in it', true],
  ])('does not need a transaction that ended by itself %s', async (_, late) => {
    const { run } = sqlite((sql, db) => {
      if (late ? sql === 'commit' : sql.startsWith('create table if not exists p_schema'))
        if (db.isTransaction) db.exec('rollback')
      return true
    })
    await inSqliteTransaction(run, 10_000, (each) => upgrade(each, target))
    expect(await isMigrated(run, target)).toBe(true)
  })

  test('waits for a busy database no longer than it may, and leaves no transaction behind', async () => {
    const locked = sqlite(() => {
      throw busy
    })
    await expect(inSqliteTransaction(locked.run, 30, (each) => upgrade(each, target))).rejects.toBe(busy)
    const failing = sqlite((sql) => {
      if (sql.startsWith('create index')) throw new Error('disk full')
      return true
    })
    await expect(inSqliteTransaction(failing.run, 30, (each) => upgrade(each, target))).rejects.toThrow('disk full')
    expect(failing.db.isTransaction).toBe(false)
    expect(await isMigrated(failing.run, target)).toBe(false)
  })
})

test('a migration that lost against another transaction is run again, and no other', async () => {
  let attempts = 0
  await repeatConflicts(async () => {
    if (++attempts < 3) throw Object.assign(new Error('deadlock'), { code: '40P01' })
  })
  expect(attempts).toBe(3)
  const failing = async (): Promise<void> => {
    attempts++
    throw new Error('disk full')
  }
  await expect(repeatConflicts(failing)).rejects.toThrow('disk full')
  expect(attempts).toBe(4)
})
