import type { Lease, StoredConnection } from '../../stores/store.ts'
import type { StoreContractSubject } from './store.ts'
import type { AddCase } from './store-context.ts'
import { equal, within } from './store-fixtures.ts'

const minute = 60_000

interface Kind {
  readonly name: string
  fields(lease: Lease | undefined): Partial<StoredConnection>
  lease(record: StoredConnection): Lease | undefined
  left(record: StoredConnection): number | undefined
}
const kinds: readonly Kind[] = [
  {
    name: 'lease',
    fields: (lease) => ({ lease }),
    lease: (record) => record.lease,
    left: (record) => record.leaseLeft,
  },
  {
    name: 'delivery lease',
    fields: (deliveryLease) => ({ deliveryLease }),
    lease: (record) => record.deliveryLease,
    left: (record) => record.deliveryLeaseLeft,
  },
]

/** When leases begin and end. */
export function addLeaseCases(add: AddCase, { advance }: StoreContractSubject): void {
  for (const kind of kinds) {
    addKind(add, kind)
    if (advance !== undefined) addEnd(add, kind, advance)
  }
  add('a lease and a delivery lease do not affect each other', async ({ at, record, create, change }) => {
    const lease = { owner: 'p1', id: 'same', length: minute }
    await create(record('a', { lease, deliveryLease: { ...lease, length: 10 * minute } }))
    const rewritten = await change(at('a'), { lease: { owner: 'p2', id: 'new', length: 5 * minute } })
    within(rewritten.leaseLeft, minute, 5 * minute, 'what is left of the lease')
    within(rewritten.deliveryLeaseLeft, 5 * minute, 10 * minute, 'what is left of the delivery lease')
    const alone = await change(at('a'), { lease: undefined })
    equal([alone.lease, alone.leaseLeft], [undefined, undefined])
    equal(alone.deliveryLease, { owner: 'p1', id: 'same' })
    within(alone.deliveryLeaseLeft, 5 * minute, 10 * minute, 'what is left of the delivery lease')
    const moved = await change(at('a'), { lease: { ...lease, length: minute }, deliveryLease: undefined })
    equal([moved.deliveryLease, moved.deliveryLeaseLeft], [undefined, undefined])
    within(moved.leaseLeft, 0, minute, 'what is left of the lease')
  })
}

function addKind(add: AddCase, { name, fields, lease, left }: Kind): void {
  add(`a ${name} is read back with its owner, its id and what is left of it`, async (context) => {
    const { store, at, record, create, found, change, provider } = context
    await create(record('a', fields({ owner: 'p1', id: 'l1', length: minute })))
    await create(record('b'))
    await change(at('b'), fields({ owner: 'p2', id: 'l2', length: 2 * minute }))
    const listed = await store.list({ provider, limit: 9 })
    const due = (await store.due({ provider, limit: 9, at: 1e15 })) as StoredConnection[]
    for (const [from, records] of Object.entries({
      get: [await found(at('a')), await found(at('b'))],
      list: listed,
      due,
    })) {
      equal(
        records.map(lease),
        [
          { owner: 'p1', id: 'l1' },
          { owner: 'p2', id: 'l2' },
        ],
        from,
      )
      within(records[0] && left(records[0]), 0, minute, from)
      within(records[1] && left(records[1]), minute, 2 * minute, from)
    }
  })
  add(`a ${name} that is written again keeps its end, whatever length the write names`, async (context) => {
    const { at, record, create, change, other } = context
    await create(record('a', fields({ owner: 'p1', id: 'l1', length: 2 * minute })))
    for (const [length, by] of [
      [10 * minute, other],
      [minute, context.store],
      [0, other],
      [undefined, other],
    ] as const) {
      const again = await change(at('a'), fields({ owner: 'p1', id: 'l1', length }), by)
      equal(lease(again), { owner: 'p1', id: 'l1' })
      within(left(again), minute, 2 * minute, `what is left after a write with the length ${length}`)
    }
  })
  add(`a ${name} with an id that is not stored begins again`, async ({ at, record, create, change, other, found }) => {
    await create(record('a', fields({ owner: 'p1', id: 'l1', length: minute })))
    const longer = await change(at('a'), fields({ owner: 'p1', id: 'l2', length: 3 * minute }))
    within(left(longer), 2 * minute, 3 * minute, 'what is left of a longer one')
    const shorter = await change(at('a'), fields({ owner: 'p2', id: 'l3', length: minute }), other)
    within(left(shorter), 0, minute, 'what is left of a shorter one')
    equal(lease(await found(at('a'))), { owner: 'p2', id: 'l3' })
    const ended = await change(at('a'), fields({ owner: 'p2', id: 'l4', length: 0 }))
    equal(lease(ended), { owner: 'p2', id: 'l4' }, 'one without length')
    within(left(ended), -minute, 0, 'what is left of one without length')
    const day = await change(at('a'), fields({ owner: 'p2', id: 'l5', length: 86_400_000 }))
    within(left(day), 86_400_000 - minute, 86_400_000, 'what is left of one for a day')
  })
  add(`a write without a ${name} removes it, and the same id begins again afterwards`, async (context) => {
    const { store, at, record, create, change, found } = context
    const first = fields({ owner: 'p1', id: 'l1', length: minute })
    await create(record('a', first))
    const without = await change(at('a'), fields(undefined))
    equal([lease(without), left(without)], [undefined, undefined])
    const again = await change(at('a'), fields({ owner: 'p1', id: 'l1', length: 3 * minute }))
    within(left(again), 2 * minute, 3 * minute, 'what is left after it was removed')
    equal(await store.compareAndSet(at('a'), again.revision, undefined), true)
    await create(record('a', first))
    within(left(await found(at('a'))), 0, minute, 'what is left after a deletion')
  })
  add(`what is left of a ${name} is not taken from a write`, async ({ at, record, create, found, change }) => {
    const length = 2 * minute
    const wrong = { leaseLeft: 5 * minute, deliveryLeaseLeft: 5 * minute }
    await create(record('a', { ...fields({ owner: 'p1', id: 'l1', length }), ...wrong }))
    within(left(await found(at('a'))), minute, length)
    within(left(await change(at('a'), wrong)), minute, length)
    const without = await change(at('a'), { ...fields(undefined), ...wrong })
    equal([without.leaseLeft, without.deliveryLeaseLeft], [undefined, undefined])
  })
  add(`a write that fails does not change a ${name}`, async ({ store, at, record, create, found }) => {
    await create(record('a', fields({ owner: 'p1', id: 'l1', length: minute })))
    const next = record('a', fields({ owner: 'p2', id: 'l2', length: 3 * minute }))
    equal(await store.compareAndSet(at('a'), undefined, next), false)
    equal(await store.compareAndSet(at('a'), 'another revision', next), false)
    const unchanged = await found(at('a'))
    equal(lease(unchanged), { owner: 'p1', id: 'l1' })
    within(left(unchanged), 0, minute)
  })
}

function addEnd(add: AddCase, { name, fields, lease, left }: Kind, advance: (ms: number) => void): void {
  add(`a ${name} ends by the clock of the store, for every process`, async (context) => {
    const { at, record, create, found, change, other } = context
    await create(record('a', fields({ owner: 'p1', id: 'l1', length: 10 * minute })), other)
    const first = left(await found(at('a'))) ?? 0
    advance(4 * minute)
    for (const by of [undefined, other]) {
      // The time that passes meanwhile counts too.
      within(first - (left(await found(at('a'), by)) ?? 0), 4 * minute - 1, 5 * minute, 'what passed of it')
      const again = await change(at('a'), fields({ owner: 'p1', id: 'l1', length: 10 * minute }), by)
      within(first - (left(again) ?? 0), 4 * minute - 1, 5 * minute, 'what passed of it until a write')
    }
    advance(6 * minute)
    const ended = await found(at('a'))
    equal(lease(ended), { owner: 'p1', id: 'l1' }, 'one that has ended')
    within(left(ended), -minute, 0, 'what is left of one that has ended')
    const again = await change(at('a'), fields({ owner: 'p1', id: 'l1', length: 10 * minute }))
    within(left(again), -minute, 0, 'what is left of one that was written again after its end')
  })
}
