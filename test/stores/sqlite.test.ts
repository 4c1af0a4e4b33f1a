import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, test } from 'vitest'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { storeContract } from '../../src/testing/contracts/store.ts'

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.each([
  { clock: 'of the database', fake: false },
  { clock: 'of the test', fake: true },
])('the SQLite store by the clock $clock', ({ fake }) => {
  const path = join(folder, `${fake}.db`)
  let ahead = 0
  const options = { now: fake ? () => Date.now() + ahead : undefined }
  const store = sqliteStore(path, options)
  const other = sqliteStore(path, options)
  const raw = new DatabaseSync(path)
  afterAll(async () => {
    await store.close()
    await other.close()
    raw.close()
  })
  const advance = (ms: number): void => {
    ahead += ms
  }
  const contract = storeContract({
    store: () => store,
    other: () => other,
    ...(fake ? { advance } : {}),
    async corrupt({ provider, ownerId, account = '' }) {
      const where = 'provider = ? and owner_id = ? and account = ?'
      raw
        .prepare(`update stagedoor_connections set access_token = ? where ${where}`)
        .run('BQDplaintext', provider, ownerId, account)
    },
  })
  for (const { name, run } of contract) test(name, run)
})
