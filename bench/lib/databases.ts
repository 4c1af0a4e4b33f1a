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
  /** PostgreSQL: updates of the table since its creation, and how many of them were heap-only. */
  hotUpdates?(): Promise<{ readonly all: number; readonly hot: number }>
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
    ...(name === 'PostgreSQL' ? { hotUpdates: () => hotUpdates(db, `${prefix}connections`) } : {}),
    async clean() {
      for (const table of ['connections', 'claims', 'state', 'schema']) {
        await sql`drop table if exists ${sql.table(prefix + table)}`.execute(db)
      }
      await db.destroy()
    },
  }
}

async function hotUpdates(db: Kysely<unknown>, table: string) {
  // A session hands in its counts when it has been idle for a second.
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  const { rows } = await sql<{ all: string; hot: string }>`
    select n_tup_upd as all, n_tup_hot_upd as hot from pg_stat_user_tables where relname = ${table}`.execute(db)
  return { all: Number(rows[0]?.all), hot: Number(rows[0]?.hot) }
}

function plain(store: TokenStore): OpenStore {
  const close = async (): Promise<void> => await store.close?.()
  return { store, close, clean: close }
}
