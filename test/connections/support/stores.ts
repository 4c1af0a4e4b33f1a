import { Redis } from 'ioredis'
import { sql } from 'kysely'
import { redisStore } from '../../../src/stores/redis.ts'
import { sqlStore } from '../../../src/stores/sql.ts'
import { sqliteStore } from '../../../src/stores/sqlite.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import { urls } from '../../services.ts'
import { mariadbKysely, postgresKysely } from '../../stores/support/kysely.ts'

export type StoreName = 'SQLite' | 'PostgreSQL' | 'MariaDB' | 'Redis'

/** Where a real store lives, so that several processes can open the same one. */
export interface StoreAddress {
  readonly on: StoreName
  readonly path: string
  readonly prefix: string
}

/** Opens the store; `clean` removes everything it holds. */
export async function openStore(address: StoreAddress): Promise<{ store: TokenStore; clean(): Promise<void> }> {
  const { on, path, prefix } = address
  if (on === 'SQLite') {
    const store = sqliteStore(path)
    return { store, clean: async () => await store.close() }
  }
  if (on === 'Redis') {
    const client = new Redis(urls.redis)
    return {
      store: redisStore({ client, prefix }),
      async clean() {
        const keys = await client.keys(`${prefix}:*`)
        if (keys.length > 0) await client.del(keys)
        client.disconnect()
      },
    }
  }
  const db = on === 'PostgreSQL' ? postgresKysely(2) : mariadbKysely(2)
  const store = sqlStore({ db, tablePrefix: prefix })
  await store.migrate()
  return {
    store,
    async clean() {
      for (const table of ['connections', 'claims', 'schema']) {
        await sql`drop table if exists ${sql.table(prefix + table)}`.execute(db)
      }
      await db.destroy()
    },
  }
}
