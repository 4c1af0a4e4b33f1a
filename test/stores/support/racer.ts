import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { redisStore } from '../../../src/stores/redis.ts'
import { sqlStore } from '../../../src/stores/sql.ts'
import { sqliteStore } from '../../../src/stores/sqlite.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import { unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { urls } from '../../support/services.ts'
import { mariadbKysely, postgresKysely, sqliteKysely } from './kysely.ts'

/** The work of a racing process. Run as a program, this module takes part in a race for one record. */
export interface Race {
  readonly on: 'SQLite' | 'SQLite through Kysely' | 'PostgreSQL' | 'MariaDB' | 'Redis' | 'Redis through node-redis'
  readonly path: string
  readonly prefix: string
  /** Successful writes that each process must make. */
  readonly writes: number
  readonly markers: readonly string[]
}
export interface RaceResult {
  readonly lost: number
  readonly claimed: readonly string[]
}

async function open(race: Race): Promise<TokenStore> {
  if (race.on === 'SQLite') return sqliteStore(race.path)
  if (race.on === 'Redis') return redisStore({ client: new Redis(urls.redis), prefix: race.prefix })
  if (race.on === 'Redis through node-redis')
    return redisStore({ client: await createClient({ url: urls.redis }).connect(), prefix: race.prefix })
  const db =
    race.on === 'PostgreSQL' ? postgresKysely(2) : race.on === 'MariaDB' ? mariadbKysely(2) : sqliteKysely(race.path)
  const store = sqlStore({ db, tablePrefix: race.prefix })
  await store.migrate()
  return store
}

const id = { provider: 'spotify', ownerId: 'contended' }

/** Adds one to the record's counter until `writes` of its own have won. */
async function count(store: TokenStore, writes: number): Promise<number> {
  let lost = 0
  for (let won = 0; won < writes; ) {
    const record = await store.get(id)
    if (record === undefined) throw new Error('the contended record is missing')
    // Gives the other processes their chance between the read and the write.
    await new Promise((resolve) => setImmediate(resolve))
    const failure = { code: 'COUNT', at: 0, attempts: (record.failure?.attempts ?? 0) + 1 }
    if (await store.compareAndSet(id, record.revision, { ...record, revision: unique(), failure })) won++
    else lost++
  }
  return lost
}

if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  process.once('message', async (race: Race) => {
    const store = await open(race)
    process.send?.('ready')
    process.once('message', async () => {
      const lost = await count(store, race.writes)
      const claimed: string[] = []
      for (const marker of race.markers) if (await store.claim(marker, Date.now() + 600_000)) claimed.push(marker)
      process.send?.({ lost, claimed } satisfies RaceResult, () => process.exit())
    })
  })
}
