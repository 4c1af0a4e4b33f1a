import { base64url, fromBase64url } from '../../internal/bytes.ts'
import { corruptError } from '../common/driver-error.ts'
import { checkStateKey, newStateRevision } from '../common/state.ts'
import type { StateStore } from '../state-store.ts'
import { hasEnded, purge } from './claims.ts'
import type { RelationalDatabase } from './database.ts'
import { textOf } from './row.ts'
import { sql } from './statement.ts'

/** The shared state in a table of a relational store. */
export function relationalState(db: RelationalDatabase): StateStore {
  return {
    async load(key, call) {
      checkStateKey(key)
      const where = sql`state_key = ${key} and expires_at > ${db.clock()}`
      const [row] = await db.read(sql`select revision, content from ${db.state} where ${where}`, call)
      if (row === undefined) return undefined
      const revision = textOf(row.revision)
      const bytes = fromBase64url(textOf(row.content) ?? '*')
      if (revision === undefined || bytes === undefined) throw corruptError(revision, 'shared state')
      return { revision, bytes }
    },

    async compareAndSet(key, expected, bytes, expiresAt, call) {
      const revision = newStateRevision(key, bytes, expiresAt)
      const content = base64url(bytes)
      const update = sql`update ${db.state} set revision = ${revision}, content = ${content}, expires_at = ${expiresAt}`
      if (expected !== undefined) {
        const where = sql`state_key = ${key} and revision = ${expected} and not ${hasEnded(db)}`
        return (await db.write(sql`${update} where ${where}`, 'state_key', call)) === 1 ? revision : undefined
      }
      await purge(db, db.state, 'state_key', call)
      const columns = sql`state_key, revision, content, expires_at`
      const values = sql`${key}, ${revision}, ${content}, ${expiresAt}`
      const insertion = sql`insert into ${db.state} (${columns}) values (${values})`
      if (await db.insertNew(insertion, 'state_key', 'state_key', call)) return revision
      const expired = sql`${update} where state_key = ${key} and ${hasEnded(db)}`
      return (await db.write(expired, 'state_key', call)) === 1 ? revision : undefined
    },
  }
}
