import type { StoreOptions, TokenStore } from '../store.ts'
import { claim } from './claims.ts'
import { RelationalDatabase, type SqlDriver } from './database.ts'
import { dueRecords, reserveRecords } from './due.ts'
import { countConnections, listConnections } from './lists.ts'
import { compareAndSet, getConnection, getRemoved } from './records.ts'
import { relationalState } from './state.ts'

/** A store on any database for which there is a schema. */
export function relationalStore(driver: SqlDriver, prefix: string, options: StoreOptions): Required<TokenStore> {
  const db = new RelationalDatabase(driver, prefix, options.now)
  return {
    get: (id, call) => getConnection(db, id, call),
    getRemoved: (id, call) => getRemoved(db, id, call),
    compareAndSet: (id, expected, next, call) => compareAndSet(db, id, expected, next, call),
    list: (query, call) => listConnections(db, options, query, call),
    count: (query, call) => countConnections(db, query, call),
    due: (query, call) => dueRecords(db, options, query, call),
    reserve: (query, call) => reserveRecords(db, options, query, call),
    claim: (marker, expiresAt, call) => claim(db, marker, expiresAt, call),
    state: relationalState(db),
    close: () => db.close(),
  }
}
