import type { CallOptions } from '../../internal/signal.ts'
import { corruptError } from '../common/driver-error.ts'
import { checkId, sameId, writableRecord } from '../common/record.ts'
import type { ConnectionId, Lease, RemovedConnection, StoredConnection, StoredRecord } from '../store.ts'
import type { RelationalDatabase } from './database.ts'
import { fieldColumns, fromRow, keyColumns, type Parameter, textOf, toRow } from './row.ts'
import { join, raw, type Statement, sql } from './statement.ts'

const columns = raw([...keyColumns, ...fieldColumns].join(', '))
const insertColumns = sql`${columns}, lease_until, delivery_until`
const nextCheckIndex = fieldColumns.indexOf('next_check_at')

/** The columns of a row as `fromRow` reads it. */
export function readColumns(db: RelationalDatabase): Statement {
  return sql`${columns}, lease_until - ${db.clock()} as lease_left, delivery_until - ${db.clock()} as delivery_left`
}

const valuesOf = (id: ConnectionId): Parameter[] => [id.provider, id.ownerId, id.account ?? '']

function isAt(id: ConnectionId): Statement {
  return sql`provider = ${id.provider} and owner_id = ${id.ownerId} and account = ${id.account ?? ''}`
}

async function read(db: RelationalDatabase, id: ConnectionId, removed: boolean, call: CallOptions | undefined) {
  checkId(id)
  const [row] = await db.read(sql`select ${readColumns(db)} from ${db.connections} where ${isAt(id)}`, call)
  if (row === undefined || (textOf(row.status) === 'removed') !== removed) return undefined
  const record = fromRow(row)
  if (typeof record === 'string' || !sameId(record, id)) throw corruptError(textOf(row.revision))
  return record
}

export async function getConnection(
  db: RelationalDatabase,
  id: ConnectionId,
  call: CallOptions | undefined,
): Promise<StoredConnection | undefined> {
  const record = await read(db, id, false, call)
  return record?.status === 'removed' ? undefined : record
}

export async function getRemoved(
  db: RelationalDatabase,
  id: ConnectionId,
  call: CallOptions | undefined,
): Promise<RemovedConnection | undefined> {
  const record = await read(db, id, true, call)
  return record?.status === 'removed' ? record : undefined
}

/** Milliseconds from now; NULL without a lease, so that the sum with the clock is NULL too. */
const lengthOf = (lease: Lease | undefined): number | null => (lease === undefined ? null : (lease.length ?? 0))

export async function compareAndSet(
  db: RelationalDatabase,
  id: ConnectionId,
  expected: string | undefined,
  next: StoredRecord | undefined,
  call: CallOptions | undefined,
): Promise<boolean> {
  checkId(id)
  if (next === undefined) {
    if (expected === undefined)
      return (await db.read(sql`select revision from ${db.connections} where ${isAt(id)}`, call)).length === 0
    const deletion = sql`delete from ${db.connections} where ${isAt(id)} and revision = ${expected}`
    return (await db.write(deletion, 'revision', call)) === 1
  }
  const record = writableRecord(id, expected, next)
  const lease = record.status === 'removed' ? undefined : record.lease
  const write = expected === undefined ? insertion(db, record, lease) : update(db, record, lease)
  if (expected === undefined) return db.insertNew(write, 'provider, owner_id, account', 'revision', call)
  return (await db.write(sql`${write} where ${isAt(id)} and revision = ${expected}`, 'revision', call)) === 1
}

function insertion(db: RelationalDatabase, record: StoredRecord, lease: Lease | undefined): Statement {
  const ends = [lease, record.deliveryLease].map((each) => sql`${db.clock()} + ${lengthOf(each)}`)
  const values = join([...valuesOf(record), ...toRow(record), ...ends], ', ')
  return sql`insert into ${db.connections} (${insertColumns}) values (${values})`
}

function update(db: RelationalDatabase, record: StoredRecord, lease: Lease | undefined): Statement {
  const end = (name: 'lease' | 'delivery', of: Lease | undefined): Statement => {
    const [id, until] = [raw(`${name}_id`), raw(`${name}_until`)]
    return sql`${until} = case when ${id} = ${of?.id ?? null} then ${until} else ${db.clock()} + ${lengthOf(of)} end`
  }
  const fields = toRow(record)
  // MySQL assigns from left to right: what reads an old value comes before what replaces it.
  const assignments = [
    end('lease', lease),
    end('delivery', record.deliveryLease),
    sql`reserved_until = case when next_check_at = ${fields[nextCheckIndex] ?? null} then reserved_until end`,
    ...fieldColumns.map((column, index) => sql`${raw(column)} = ${fields[index] ?? null}`),
  ]
  return sql`update ${db.connections} set ${join(assignments, ', ')}`
}
