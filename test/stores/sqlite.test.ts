import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, test } from 'vitest'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { storeContract } from '../../src/testing/contracts/store.ts'

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('the SQLite store', () => {
  const path = join(folder, 'contract.db')
  let ahead = 0
  const now = (): number => Date.now() + ahead
  const store = sqliteStore(path, { now })
  const other = sqliteStore(path, { now })
  const raw = new DatabaseSync(path)
  afterAll(async () => {
    await store.close()
    await other.close()
    raw.close()
  })
  const contract = storeContract({
    store: () => store,
    other: () => other,
    advance(ms) {
      ahead += ms
    },
    async corrupt(id) {
      raw
        .prepare('update stagedoor_connections set access_token = ? where provider = ? and owner_id = ?')
        .run('BQDplaintext', id.provider, id.ownerId)
    },
  })
  for (const { name, run } of contract) test(name, run)
})
