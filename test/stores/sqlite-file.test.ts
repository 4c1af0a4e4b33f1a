import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { StoreError } from '../../src/errors.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import type { ConnectionId, TokenStore } from '../../src/stores/store.ts'
import { storedConnection, unique } from '../../src/testing/contracts/store-fixtures.ts'

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-file-'))
const file = (): string => join(folder, `${unique()}.db`)
const open: { close(): unknown }[] = []
const opened = <T extends { close(): unknown }>(handle: T): T => {
  open.push(handle)
  return handle
}
afterEach(async () => {
  for (const handle of open.splice(0)) await handle.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

const record = storedConnection({ ownerId: 'a' })
const put = (store: TokenStore, next = record): Promise<boolean> => store.compareAndSet(next, undefined, next)

describe('the file of a SQLite store', () => {
  test('has a write-ahead log and keeps what was written when the process ends', async () => {
    const path = file()
    const store = sqliteStore(path)
    await put(store)
    await store.close()
    expect(opened(new DatabaseSync(path)).prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' })
    expect(await opened(sqliteStore(path)).get(record)).toEqual(record)
  })

  test('is refused at once when its folder is missing', () => {
    expect(() => sqliteStore(join(folder, 'missing', 'a.db'))).toThrow(StoreError)
    expect(() => sqliteStore(join(folder, 'missing', 'a.db'))).toThrow(
      expect.objectContaining({
        code: 'STORE_UNAVAILABLE',
        retryable: false,
        cause: expect.objectContaining({ errcode: '14' }),
      }),
    )
  })

  test.each([
    [undefined, {}, 'CONFIG_MISSING'],
    ['', {}, 'CONFIG_MISSING'],
    [':memory:', { busyTimeout: -1 }, 'CONFIG_INVALID'],
  ])('is refused as a mistake of the developer: %j, %j', (path, options, code) => {
    expect(() => sqliteStore(path as string, options)).toThrow(expect.objectContaining({ name: 'ConfigError', code }))
  })

  test('is STORE_UNAVAILABLE when it is no database', async () => {
    const path = file()
    writeFileSync(
      path,
      'this is not a database, although it is as long as a page header of one would have to be.'.repeat(9),
    )
    await expect(opened(sqliteStore(path)).get(record)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      cause: { errcode: '26' },
    })
  })

  test('is STORE_NOT_MIGRATED when a newer version of the package wrote it', async () => {
    const path = file()
    await put(opened(sqliteStore(path)))
    opened(new DatabaseSync(path)).exec('insert into stagedoor_schema (version) values (99)')
    await expect(opened(sqliteStore(path)).get(record)).rejects.toMatchObject({
      code: 'STORE_NOT_MIGRATED',
      retryable: false,
    })
  })

  test('may be opened for the first time by many handles at once', async () => {
    const path = file()
    const stores = Array.from({ length: 8 }, () => opened(sqliteStore(path)))
    expect((await Promise.all(stores.map((store) => put(store)))).filter(Boolean)).toHaveLength(1)
  })

  test('can be a database in memory', async () => {
    const store = opened(sqliteStore(':memory:'))
    await put(store)
    expect(await store.get(record)).toEqual(record)
  })

  test('gives up on a lock that another process keeps, and works again when it is free', async () => {
    const path = file()
    const store = opened(sqliteStore(path, { busyTimeout: 30 }))
    await store.get(record)
    const holder = opened(new DatabaseSync(path))
    holder.exec('begin immediate')
    expect(await store.get(record)).toBeUndefined()
    await expect(put(store)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: true,
      cause: { errcode: '5' },
    })
    holder.exec('commit')
    expect(await put(store)).toBe(true)
  })

  test('is tried again by the next call when it was locked at the first', async () => {
    const path = file()
    const holder = opened(new DatabaseSync(path))
    holder.exec('pragma journal_mode = wal; begin immediate')
    const store = opened(sqliteStore(path, { busyTimeout: 30 }))
    await expect(store.get(record)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
    holder.exec('commit')
    expect(await put(store)).toBe(true)
  })

  test('is waited for while another process has it locked, without blocking this one', async () => {
    const path = file()
    const store = opened(sqliteStore(path))
    await store.get(record)
    const holder = opened(new DatabaseSync(path))
    holder.exec('begin immediate')
    const writing = put(store)
    // This can only happen if the waiting store leaves the event loop free.
    await new Promise((resolve) => setImmediate(resolve))
    holder.exec('commit')
    expect(await writing).toBe(true)
  })

  test('is no longer waited for when the caller aborts', async () => {
    const path = file()
    const store = opened(sqliteStore(path))
    await store.get(record)
    opened(new DatabaseSync(path)).exec('begin immediate')
    const caller = new AbortController()
    const writing = store.compareAndSet(record, undefined, record, { signal: caller.signal })
    caller.abort('enough')
    await expect(writing).rejects.toBe('enough')
  })

  test('does not keep markers that have ended', async () => {
    const path = file()
    let now = 1_000_000
    const store = opened(sqliteStore(path, { now: () => now }))
    for (let index = 0; index < 250; index++) await store.claim(`m${index}`, now + 10)
    now += 11
    for (const marker of ['a', 'b', 'c']) expect(await store.claim(marker, now + 10)).toBe(true)
    const kept = opened(new DatabaseSync(path)).prepare('select marker from stagedoor_claims order by marker').all()
    expect(kept.map(({ marker }) => marker)).toEqual(['a', 'b', 'c'])
  })

  test('refuses calls once the store is closed, and may be closed twice', async () => {
    const store = sqliteStore(file())
    await put(store)
    await store.close()
    await store.close()
    await expect(store.get(record)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false })
  })
})

describe('a corrupt row of a SQLite file', () => {
  const envelope = JSON.stringify(record.accessToken)
  test.each([
    ['plaintext for a token', 'access_token', 'BQDplaintext'],
    ['plaintext in JSON', 'access_token', '"BQDplaintext"'],
    ['a token response', 'access_token', '{"access_token":"BQDplaintext"}'],
    ['plaintext beside the envelope', 'access_token', envelope.replace('{', '{"token":"BQDplaintext",')],
    ['plaintext in the envelope', 'access_token', envelope.replace(record.accessToken.encryptedData, 'BQD plaintext')],
    ['another format version', 'access_token', envelope.replace('"version":1', '"version":7')],
    ['a plaintext refresh token', 'refresh_token', 'AQDplaintext'],
    ['a key id that is not the tokens’', 'key_id', 'k2'],
    ['a key id for two of one key', 'key_id', ''],
    ['no key id', 'key_id', null],
    ['no token', 'access_token', null],
    ['no application', 'app', ''],
    ['scopes that are no list', 'scopes', '{"a":1}'],
    ['scopes that are no JSON', 'scopes', 'user-library-read'],
    ['an unknown status', 'status', 'fine'],
    ['a lease without an id', 'lease_owner', 'p1'],
    ['an end without a lease', 'lease_until', 5],
    ['an end without a lease of deliveries', 'delivery_until', 5],
    ['events that are no list', 'pending', '{}'],
    ['a failure without a code', 'failure_at', 5],
    ['a time beyond all dates', 'expires_at', 2n ** 62n],
    ['an empty revision', 'revision', ''],
  ])('%s: %s', async (_, column, value) => {
    const path = file()
    const corrupt: (ConnectionId & { field: string })[] = []
    const store = opened(sqliteStore(path, { onCorrupt: (found) => corrupt.push(found) }))
    const sound = storedConnection({ ownerId: 'b' })
    await put(store)
    await put(store, sound)
    opened(new DatabaseSync(path))
      .prepare(`update stagedoor_connections set ${column} = ? where owner_id = 'a'`)
      .run(value)
    await expect(store.get(record)).rejects.toMatchObject({ code: 'STORE_CORRUPT', retryable: false })
    expect(await store.list({ provider: 'spotify', limit: 5 })).toEqual([sound])
    expect(await store.due({ provider: 'spotify', at: 1e15, limit: 5 })).toEqual([sound])
    expect(corrupt).toEqual([expect.objectContaining({ provider: 'spotify', ownerId: 'a' }), corrupt[0]])
    expect(JSON.stringify(corrupt)).not.toContain('plaintext')
  })

  test('that says that it is of a removed connection, but has tokens, is neither', async () => {
    const path = file()
    const store = opened(sqliteStore(path))
    await put(store)
    opened(new DatabaseSync(path)).exec("update stagedoor_connections set status = 'removed'")
    await expect(store.getRemoved(record)).rejects.toMatchObject({ code: 'STORE_CORRUPT', revision: record.revision })
    expect(await store.get(record)).toBeUndefined()
    expect(await store.due({ provider: 'spotify', at: 1e15, limit: 5 })).toEqual([])
  })

  test('of the shared state is STORE_CORRUPT', async () => {
    const path = file()
    const store = opened(sqliteStore(path))
    const revision = await store.state.compareAndSet('k', undefined, Uint8Array.of(1), Date.now() + 1e6)
    opened(new DatabaseSync(path)).exec("update stagedoor_state set content = '{}'")
    await expect(store.state.load('k')).rejects.toMatchObject({ code: 'STORE_CORRUPT', revision })
  })
})
