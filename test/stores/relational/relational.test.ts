import { describe, expect, test } from 'vitest'
import type { SqlDriver } from '../../../src/stores/relational/database.ts'
import { relationalStore } from '../../../src/stores/relational/relational.ts'
import { fieldColumns, toRow } from '../../../src/stores/relational/row.ts'
import { storedConnection } from '../../../src/testing/contracts/store-fixtures.ts'

const record = storedConnection({ ownerId: 'a' })

/** A driver that fails with the given errors before it succeeds. */
function failing(errors: readonly object[]): SqlDriver & { calls: number } {
  return {
    dialect: 'postgres',
    calls: 0,
    async run() {
      const error = errors[this.calls++]
      if (error !== undefined) throw error
      return { rows: [{ revision: 'r' }] }
    },
  }
}

describe('a relational store', () => {
  test('runs a statement again that the database rolled back for a conflict', async () => {
    const driver = failing([{ code: '40P01' }, { code: '40001' }, { code: 'ER_LOCK_DEADLOCK' }])
    expect(await relationalStore(driver, 'p_', {}).compareAndSet(record, 'r', record)).toBe(true)
    expect(driver.calls).toBe(4)
  })

  test('does not run a statement again whose outcome is unknown', async () => {
    const driver = failing([{ code: 'ECONNRESET' }])
    const writing = relationalStore(driver, 'p_', {}).compareAndSet(record, 'r', record)
    await expect(writing).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
    expect(driver.calls).toBe(1)
  })

  test('gives up on conflicts that do not end', async () => {
    const driver = failing(Array.from({ length: 50 }, () => ({ code: '40001' })))
    await expect(relationalStore(driver, 'p_', {}).get(record)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(driver.calls).toBe(10)
  })

  test('reads on past a page of corrupt rows, and reports each', async () => {
    const corrupt: string[] = []
    const sizes: string[] = []
    const driver: SqlDriver = {
      dialect: 'sqlite',
      async run(sql) {
        sizes.push(/limit (\d+)/.exec(sql)?.[1] ?? '')
        const rows = Array.from({ length: sizes.length < 3 ? Number(sizes.at(-1)) : 0 }, (_, index) => ({
          owner_id: `${sizes.length}.${index}`,
          account: '',
          next_check_at: 1,
        }))
        return { rows }
      },
    }
    const store = relationalStore(driver, 'p_', {
      onCorrupt({ ownerId }) {
        corrupt.push(ownerId)
        throw new Error('a listener that fails')
      },
    })
    expect(await store.due({ provider: 'spotify', at: 9, limit: 2 })).toEqual([])
    expect(sizes).toEqual(['2', '100', '100'])
    expect(corrupt).toHaveLength(102)
  })

  test('reserves no more than were asked for when it reads on past corrupt rows', async () => {
    const sizes: string[] = []
    const sound = toRow(record)
    const valid = Object.fromEntries(fieldColumns.map((column, index) => [column, sound[index]]))
    const driver: SqlDriver = {
      dialect: 'sqlite',
      async run(sql) {
        sizes.push(/limit (\d+)/.exec(sql)?.[1] ?? '')
        const at = { provider: 'spotify', account: '', next_check_at: sizes.length }
        const row = { ...valid, ...at, owner_id: `sound-${sizes.length}` }
        return {
          rows: Array.from({ length: Number(sizes.at(-1)) }, (_, n) => (n === 0 ? row : { ...at, owner_id: `${n}` })),
        }
      },
    }
    const store = relationalStore(driver, 'p_', {})
    const found = await store.reserve({ provider: 'spotify', at: 9, limit: 3, length: 1 })
    expect(found.map(({ ownerId }) => ownerId)).toEqual(['sound-1', 'sound-2', 'sound-3'])
    expect(sizes).toEqual(['3', '2', '1'])
  })

  test('repeats a whole transaction that the database rolled back, and needs transactions on MySQL alone', async () => {
    let transactions = 0
    const driver: SqlDriver = {
      dialect: 'mysql',
      run: async () => ({ rows: [], changed: 0 }),
      transaction(work) {
        if (++transactions < 3) throw Object.assign(new Error('rolled back'), { code: 'ER_LOCK_DEADLOCK' })
        return work(this.run)
      },
    }
    const query = { provider: 'spotify', at: 9, limit: 3, length: 1 }
    expect(await relationalStore(driver, 'p_', {}).reserve(query)).toEqual([])
    expect(transactions).toBe(3)
    const { transaction: _, ...without } = driver
    await expect(relationalStore(without, 'p_', {}).reserve(query)).rejects.toMatchObject({
      code: 'CONFIG_UNSUPPORTED_CLIENT',
    })
    for (const dialect of ['postgres', 'sqlite'] as const)
      expect(await relationalStore({ ...without, dialect }, 'p_', {}).reserve(query)).toEqual([])
  })

  test('assigns what reads an old value before what replaces it, because MySQL assigns from left to right', async () => {
    let text = ''
    const driver: SqlDriver = {
      dialect: 'mysql',
      async run(sql) {
        text = sql
        return { rows: [], changed: 1 }
      },
    }
    await relationalStore(driver, 'p_', {}).compareAndSet(record, 'r', record)
    for (const [reader, replaced] of [
      ['lease_until = case when lease_id', ' lease_id = ?,'],
      ['delivery_until = case when delivery_id', ' delivery_id = ?,'],
      ['reserved_until = case when next_check_at', ' next_check_at = ?,'],
    ] as const) {
      expect(text).toContain(reader)
      expect(text.indexOf(reader)).toBeLessThan(text.lastIndexOf(replaced))
    }
  })
})
