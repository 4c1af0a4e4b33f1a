import { describe, expect, test } from 'vitest'
import { relationalStore, type SqlDriver } from '../../src/stores/relational.ts'
import { storedConnection } from '../../src/testing/contracts/store-fixtures.ts'

const record = storedConnection({ ownerId: 'a' })

/** A driver that fails with the given errors before it succeeds. */
function failing(errors: readonly object[]): SqlDriver & { calls: number } {
  return {
    dialect: 'postgres',
    calls: 0,
    async run() {
      const error = errors[this.calls++]
      if (error !== undefined) throw error
      return { rows: [], changed: 1 }
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
          next_check_at: 1,
        }))
        return { rows, changed: 0 }
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
})
