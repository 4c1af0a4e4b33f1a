import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { StoreError } from '../../../src/errors.ts'
import { driverFailure, safeCause, storeError } from '../../../src/stores/common/driver-error.ts'

const secret = 'BQDsecret'

/** Errors as the drivers throw them, with a row's values in every place where they put them. */
const errors = {
  pg: Object.assign(new Error(`invalid input syntax for type bigint: "${secret}"`), {
    name: 'error',
    code: '22P02',
    detail: `Key (owner_id)=(${secret}) already exists.`,
    where: secret,
    query: secret,
    parameters: [secret],
  }),
  mysql2: Object.assign(new Error(`Duplicate entry '${secret}' for key 'PRIMARY'`), {
    code: 'ER_DUP_ENTRY',
    errno: 1062,
    sql: `insert into t values ('${secret}')`,
    sqlState: '23000',
    sqlMessage: `Duplicate entry '${secret}'`,
  }),
  sqlite: Object.assign(new Error(`constraint failed: ${secret}`), { code: 'ERR_SQLITE_ERROR', errcode: 19 }),
  ioredis: Object.assign(new Error(`ERR value ${secret} is not valid`), {
    name: 'ReplyError',
    command: { name: 'hset', args: [secret] },
  }),
  nested: new AggregateError([new Error(secret)], secret, { cause: new Error(secret) }),
  unusual: { code: `${secret} with spaces`, message: secret, name: `${secret}!` },
  text: secret,
}

describe('an error of a driver', () => {
  test.each(Object.entries(errors))('of %s becomes a StoreError in which no value of a row is left', (_, error) => {
    const shown = storeError(error)
    expect(shown).toBeInstanceOf(StoreError)
    expect(shown).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
    for (const text of [inspect(shown, { depth: 9, showHidden: true }), JSON.stringify(shown), `${shown.stack}`])
      expect(text).not.toContain(secret)
  })

  test('keeps its name and codes for the operator', () => {
    expect(safeCause(errors.pg).message).toBe('error: code 22P02')
    expect(safeCause(errors.mysql2)).toMatchObject({ code: 'ER_DUP_ENTRY', errno: '1062', sqlState: '23000' })
    expect(safeCause(errors.sqlite)).toMatchObject({ code: 'ERR_SQLITE_ERROR', errcode: '19' })
    expect(safeCause(errors.ioredis).message).toBe('ReplyError: reply ERR')
    expect(safeCause(new Error('NOAUTH Authentication required.'))).toMatchObject({ reply: 'NOAUTH' })
  })

  test.each([
    [{ code: '42P01' }, 'no-table'],
    [{ code: 'ER_NO_SUCH_TABLE', errno: 1146 }, 'no-table'],
    [{ code: 'ERR_SQLITE_ERROR', errcode: 1, message: 'no such table: stagedoor_connections' }, 'no-table'],
    [{ message: 'D1_ERROR: no such table: stagedoor_state: SQLITE_ERROR' }, 'no-table'],
    [{ code: '42701' }, 'exists'],
    [{ code: '42P07' }, 'exists'],
    [{ code: 'ER_DUP_FIELDNAME' }, 'exists'],
    [{ code: 'ER_DUP_KEYNAME' }, 'exists'],
    [{ code: 'ERR_SQLITE_ERROR', errcode: 1, message: 'duplicate column name: note' }, 'exists'],
    [{ message: 'D1_ERROR: duplicate column name: note: SQLITE_ERROR' }, 'exists'],
    [{ code: 'ERR_SQLITE_ERROR', errcode: 1, message: 'index stagedoor_due already exists' }, 'exists'],
    [{ code: '23505' }, 'duplicate'],
    [{ code: 'ER_DUP_ENTRY' }, 'duplicate'],
    [{ code: '40001' }, 'conflict'],
    [{ code: 'ER_LOCK_DEADLOCK' }, 'conflict'],
    [{ code: 'ERR_SQLITE_ERROR', errcode: 5 }, 'conflict'],
    [{ code: 'SQLITE_BUSY_SNAPSHOT' }, 'conflict'],
    [{ code: 'ECONNREFUSED' }, 'other'],
    [undefined, 'other'],
  ])('%j means %s', (error, meaning) => {
    expect(driverFailure(error)).toBe(meaning)
  })
})
