import { isObject } from '../../internal/is-object.ts'
import { copyRecord, invalidField, sameId, sealedUnder } from '../common/record.ts'
import type { ConnectionId, Lease, StoredConnection, StoredRecord } from '../store.ts'
import { type Reply, textsReply } from './reply.ts'

/** A record that cannot be used, and the field because of which. */
export interface CorruptRecord {
  readonly field: string
  readonly revision: string | undefined
}

const copyNames = ['nextCheckAt', 'grantEndsAt', 'status', 'key', 'app', 'accountId'] as const
type Copies = Readonly<Partial<Record<(typeof copyNames)[number], string | undefined>>>

/** What the sets are sorted by. A removed connection is in the set of due records only. */
function copiesOf(record: StoredRecord): Copies {
  const nextCheckAt = `${record.nextCheckAt}`
  if (record.status === 'removed') return { nextCheckAt }
  const { grantEndsAt, status, app, accountId } = record
  const ends = grantEndsAt === undefined ? undefined : `${grantEndsAt}`
  return { nextCheckAt, grantEndsAt: ends, status, key: sealedUnder(record), app, accountId }
}

/** What a write hands to the script: both leases with their lengths, then the names and values of the other fields. */
export function hashOf(record: StoredRecord): readonly string[] {
  const lease = record.status === 'removed' ? undefined : record.lease
  const kept = { ...record, revision: undefined, lease: undefined, deliveryLease: undefined }
  const copies = Object.entries(copiesOf(record)).flatMap(([name, value]) => (value === undefined ? [] : [name, value]))
  const fields = ['revision', record.revision, 'record', JSON.stringify(kept), ...copies]
  return [...leaseText(lease), ...leaseText(record.deliveryLease), ...fields]
}

function leaseText(lease: Lease | undefined): readonly [string, string] {
  return lease === undefined ? ['', ''] : [`${lease.owner}\0${lease.id}`, `${lease.length ?? 0}`]
}

function leaseOf(text: string | undefined): { owner: string; id: string } | undefined {
  if (text === undefined) return undefined
  const [owner = '', id = ''] = text.split('\0')
  return { owner, id }
}

/** The record in a hash, as the script has read it; `undefined` if there is none. */
export function fromHash(id: ConnectionId, reply: Reply): StoredRecord | CorruptRecord | undefined {
  const values = textsReply(reply)
  if (values === undefined) return { field: 'record', revision: undefined }
  if (values.every((value) => value === undefined)) return undefined
  const [revision, text, lease, leaseLeft, deliveryLease, deliveryLeaseLeft, ...copies] = values
  const corrupt = (field: string): CorruptRecord => ({ field, revision })
  let parsed: unknown
  try {
    parsed = JSON.parse(text ?? '')
  } catch {}
  if (!isObject(parsed)) return corrupt('record')
  const record: { readonly [K in keyof StoredConnection]?: unknown } = {
    ...parsed,
    revision,
    lease: leaseOf(lease),
    leaseLeft: leaseLeft === undefined ? undefined : Number(leaseLeft),
    deliveryLease: leaseOf(deliveryLease),
    deliveryLeaseLeft: deliveryLeaseLeft === undefined ? undefined : Number(deliveryLeaseLeft),
  }
  const field = invalidField(record)
  if (field !== undefined) return corrupt(field)
  const valid = copyRecord(record)
  if (!sameId(valid, id)) return corrupt('ownerId')
  const expected = copiesOf(valid)
  const other = copyNames.find((name, index) => copies[index] !== expected[name])
  if (other !== undefined) return corrupt(other === 'key' ? 'keyId' : other)
  return valid
}
