import { Redis } from 'ioredis'
import { Kysely, MysqlDialect, PostgresDialect, sql } from 'kysely'
import { createPool } from 'mysql2'
import { Pool } from 'pg'
import { memoryStore, type TokenStore } from '../../dist/index.js'
import { redisStore } from '../../dist/stores/redis.js'
import { sqlStore } from '../../dist/stores/sql.js'
import { sqliteStore } from '../../dist/stores/sqlite.js'

export type StoreName = 'memory' | 'SQLite' | 'PostgreSQL' | 'MariaDB' | 'Redis'

export interface OpenStore {
  readonly store: TokenStore
  /** Closes it and removes what it holds. */
  clean(): Promise<void>
  /** Closes it and leaves what it holds. */
  close(): Promise<void>
}

/** Opens a store on this machine: `path` for SQLite, `prefix` for the services. */
export async function openStore(name: StoreName, path: string, prefix: string): Promise<OpenStore> {
  if (name === 'memory') return plain(memoryStore())
  if (name === 'SQLite') return plain(sqliteStore(path))
  if (name === 'Redis') {
    const client = new Redis('redis://127.0.0.1:6379')
    const close = async (): Promise<void> => client.disconnect()
    return {
      store: redisStore({ client, prefix }),
      close,
      async clean() {
        for await (const keys of client.scanStream({ match: `${prefix}:*`, count: 10_000 })) {
          if (keys.length > 0) await client.unlink(keys)
        }
        await close()
      },
    }
  }
  const db = new Kysely<unknown>({
    dialect:
      name === 'PostgreSQL'
        ? new PostgresDialect({ pool: new Pool({ connectionString: 'postgres://root@127.0.0.1:5432/test', max: 8 }) })
        : new MysqlDialect({ pool: createPool({ uri: 'mysql://root@127.0.0.1:3306/test', connectionLimit: 8 }) }),
  })
  const store = sqlStore({ db, tablePrefix: prefix })
  await store.migrate()
  return {
    store,
    close: () => db.destroy(),
    async clean() {
      for (const table of ['connections', 'claims', 'schema']) {
        await sql`drop table if exists ${sql.table(prefix + table)}`.execute(db)
      }
      await db.destroy()
    },
  }
}

function plain(store: TokenStore): OpenStore {
  const close = async (): Promise<void> => await store.close?.()
  return { store, close, clean: close }
}
