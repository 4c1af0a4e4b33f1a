import type { CallOptions } from '../../internal/signal.ts'
import { claimNonce } from '../common/claims.ts'
import type { RelationalDatabase } from './database.ts'
import { textOf } from './row.ts'
import { join, raw, type Statement, sql } from './statement.ts'

/** Few enough for D1, which takes a hundred parameters. */
const batch = 90

/** Deletes some entries that have expired. Mostly there are none, and it only reads. */
export async function purge(
  db: RelationalDatabase,
  table: Statement,
  key: 'marker' | 'state_key',
  call: CallOptions | undefined,
): Promise<void> {
  const column = raw(key)
  const ended = sql`expires_at <= ${db.clockToSearch()}`
  const some = sql`select ${column} from ${table} where ${ended} order by expires_at ${raw(`limit ${batch}`)}`
  const keys = (await db.read(some, call)).flatMap((row) => textOf(row[key]) ?? [])
  if (keys.length === 0) return
  await db.write(sql`delete from ${table} where ${column} in (${join(keys, ', ')}) and ${ended}`, key, call)
}

/** Of one entry that its key finds: the sum keeps MariaDB from searching, and locking, all entries that have ended. */
export function hasEnded(db: RelationalDatabase): Statement {
  return sql`expires_at + 0 <= ${db.clock()}`
}

export async function claim(
  db: RelationalDatabase,
  marker: string,
  expiresAt: number,
  call: (CallOptions & { readonly nonce?: string | undefined }) | undefined,
): Promise<boolean> {
  const nonce = claimNonce(marker, expiresAt, call?.nonce)
  await purge(db, db.claims, 'marker', call)
  const clock = db.clock()
  // A marker that has already expired comes from a clock behind the database's: it works only once, too.
  const end = sql`case when ${expiresAt} > ${clock} then ${expiresAt} else ${clock} + 3600000 end`
  const insertion = sql`insert into ${db.claims} (marker, nonce, expires_at) values (${marker}, ${nonce}, ${end})`
  if (await db.insertNew(insertion, 'marker', 'marker', call)) return true
  const replacement = sql`update ${db.claims} set nonce = ${nonce}, expires_at = ${end}`
  const expired = sql`${replacement} where marker = ${marker} and ${hasEnded(db)}`
  if ((await db.write(expired, 'marker', call)) === 1) return true
  const own = sql`select nonce from ${db.claims} where marker = ${marker} and nonce = ${nonce} and expires_at > ${clock}`
  return (await db.read(own, call)).length === 1
}
