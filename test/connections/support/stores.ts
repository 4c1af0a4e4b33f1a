import type { TokenStore } from '../../../src/stores/store.ts'
import { urls } from '../../support/services.ts'

export type StoreName = 'SQLite' | 'PostgreSQL' | 'MariaDB' | 'Redis'

/** Where a real store lives, so that several processes can open the same one. */
export interface StoreAddress {
  readonly on: StoreName
  readonly path: string
  readonly prefix: string
}

/** Opens the store; `clean` removes everything it holds. A process loads only the drivers that it uses. */
export async function openStore(address: StoreAddress): Promise<{ store: TokenStore; clean(): Promise<void> }> {
  const { on, path, prefix } = address
  if (on === 'SQLite') {
    const { sqliteStore } = await import('../../../src/stores/sqlite.ts')
    const store = sqliteStore(path)
    return { store, clean: async () => await store.close() }
  }
  if (on === 'Redis') {
    const [{ Redis }, { redisStore }] = await Promise.all([import('ioredis'), import('../../../src/stores/redis.ts')])
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
  const [{ Kysely, sql }, { sqlStore }] = await Promise.all([import('kysely'), import('../../../src/stores/sql.ts')])
  const db = new Kysely<unknown>({ dialect: on === 'PostgreSQL' ? await postgres() : await mariadb() })
  const store = sqlStore({ db, tablePrefix: prefix })
  await store.migrate()
  return {
    store,
    async clean() {
      for (const table of ['connections', 'claims', 'state', 'schema']) {
        await sql`drop table if exists ${sql.table(prefix + table)}`.execute(db)
      }
      await db.destroy()
    },
  }
}

async function postgres() {
  const [{ PostgresDialect }, { Pool }] = await Promise.all([import('kysely'), import('pg')])
  return new PostgresDialect({ pool: new Pool({ connectionString: urls.postgres, max: 2 }) })
}

async function mariadb() {
  const [{ MysqlDialect }, { createPool }] = await Promise.all([import('kysely'), import('mysql2')])
  return new MysqlDialect({ pool: createPool({ uri: urls.mariadb, connectionLimit: 2 }) })
}
