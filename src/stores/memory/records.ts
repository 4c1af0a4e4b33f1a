import { compareCodePoints } from '../common/code-points.ts'
import { comparePlaces, type Place } from '../common/query.ts'
import type { ConnectionFilter, Lease, StoredRecord } from '../store.ts'
import { SortedList } from './sorted-list.ts'

/** A record in memory and what the store alone knows about it. The same object for as long as the record exists. */
export interface Entry extends Place {
  record: StoredRecord
  leaseEnd: number | undefined
  deliveryLeaseEnd: number | undefined
  reservedUntil: number | undefined
}

const byGrantEnd = (a: Entry, b: Entry): number => grantEnd(a) - grantEnd(b) || comparePlaces(a, b)
const byNextCheck = (a: Entry, b: Entry): number => a.record.nextCheckAt - b.record.nextCheckAt || comparePlaces(a, b)

/** The end of the entry's grant; infinite if it does not end. */
function grantEnd({ record }: Entry): number {
  return ('grantEndsAt' in record ? record.grantEndsAt : undefined) ?? Number.POSITIVE_INFINITY
}

function leaseEnd(next: Lease | undefined, before: Lease | undefined, end: number | undefined, now: number) {
  if (next === undefined) return undefined
  return next.id === before?.id ? end : now + (next.length ?? 0)
}

function withoutLength(lease: Lease): Lease {
  return Object.freeze({ owner: lease.owner, id: lease.id })
}

const leaseOf = (record: StoredRecord | undefined): Lease | undefined =>
  record !== undefined && 'lease' in record ? record.lease : undefined

/** The names of the lists that hold a connection. */
function groupsOf(record: StoredRecord): readonly string[] {
  if (record.status === 'removed') return []
  const { status, app, accountId } = record
  const groups = ['', `status\0${status}`, `app\0${app}`]
  return accountId === undefined ? groups : [...groups, `account\0${accountId}`]
}

/** The records of one provider, in every order that queries ask for. */
export class MemoryRecords {
  readonly #entries = new Map<string, Entry>()
  readonly #groups = new Map<string, SortedList<Entry>>()
  readonly #grants = new SortedList(byGrantEnd)
  readonly #due = new SortedList(byNextCheck)

  get({ ownerId, account = '' }: { readonly ownerId: string; readonly account?: string | undefined }) {
    return this.#entries.get(`${ownerId}\0${account}`)
  }

  /** Replaces or removes what is stored at a place. */
  set(place: Place, next: StoredRecord | undefined, now: number): void {
    const { ownerId, account } = place
    const known = this.get(place)
    const entry = known ?? {
      ...{ ownerId, account, record: next as StoredRecord },
      ...{ leaseEnd: undefined, deliveryLeaseEnd: undefined, reservedUntil: undefined },
    }
    const before = known?.record
    const groupsBefore = before === undefined ? [] : groupsOf(before)
    const groupsAfter = next === undefined ? [] : groupsOf(next)
    if (known !== undefined) {
      this.#due.remove(known)
      this.#grants.remove(known)
      for (const group of groupsBefore) if (!groupsAfter.includes(group)) this.#leave(group, known)
    }
    if (next === undefined) {
      this.#entries.delete(`${ownerId}\0${account}`)
      return
    }
    entry.leaseEnd = leaseEnd(leaseOf(next), leaseOf(before), entry.leaseEnd, now)
    entry.deliveryLeaseEnd = leaseEnd(next.deliveryLease, before?.deliveryLease, entry.deliveryLeaseEnd, now)
    if (next.nextCheckAt !== before?.nextCheckAt) entry.reservedUntil = undefined
    const lease = leaseOf(next)
    entry.record = Object.freeze({
      ...next,
      ...(lease === undefined ? {} : { lease: withoutLength(lease) }),
      ...(next.deliveryLease === undefined ? {} : { deliveryLease: withoutLength(next.deliveryLease) }),
    })
    this.#entries.set(`${ownerId}\0${account}`, entry)
    this.#due.add(entry)
    if (grantEnd(entry) !== Number.POSITIVE_INFINITY) this.#grants.add(entry)
    for (const group of groupsAfter) if (!groupsBefore.includes(group)) this.#group(group).add(entry)
  }

  /** Entries by next check, earliest first. */
  due(): Iterable<Entry> {
    return this.#due.from(() => true)
  }

  /** A superset of the connections that match the filter, by place, or by grant end with `grantEndsBefore`. */
  *candidates(filter: ConnectionFilter, after?: Place & { readonly grantEndsAt: number }): Iterable<Entry> {
    const { ownerId, accountId, app, status, grantEndsBefore } = filter
    const isAfter = (entry: Entry): boolean => after === undefined || comparePlaces(entry, after) > 0
    if (grantEndsBefore !== undefined) {
      const isLater = (entry: Entry): boolean =>
        after === undefined ||
        grantEnd(entry) > after.grantEndsAt ||
        (grantEnd(entry) === after.grantEndsAt && isAfter(entry))
      for (const entry of this.#grants.from(isLater)) {
        if (grantEnd(entry) >= grantEndsBefore) return
        yield entry
      }
    } else if (ownerId !== undefined) {
      const reached = (entry: Entry): boolean => isAfter(entry) && compareCodePoints(entry.ownerId, ownerId) >= 0
      for (const entry of this.#in('', reached)) {
        if (entry.ownerId !== ownerId) return
        yield entry
      }
    } else if (accountId !== undefined) yield* this.#in(`account\0${accountId}`, isAfter)
    else if (app !== undefined) yield* this.#in(`app\0${app}`, isAfter)
    else if (status !== undefined) yield* this.#in(`status\0${status}`, isAfter)
    else yield* this.#in('', isAfter)
  }

  #in(name: string, reached: (entry: Entry) => boolean): Iterable<Entry> {
    return this.#groups.get(name)?.from(reached) ?? []
  }

  /** Drops a list with its last entry, or changing account ids would leave empty lists behind. */
  #leave(name: string, entry: Entry): void {
    const group = this.#group(name)
    group.remove(entry)
    if (group.isEmpty) this.#groups.delete(name)
  }

  #group(name: string): SortedList<Entry> {
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    const created = new SortedList<Entry>(comparePlaces)
    this.#groups.set(name, created)
    return created
  }
}
