import type { AddCase, StoreContext } from './store-context.ts'
import { equal, removedConnection, unique, within } from './store-fixtures.ts'

const minute = 60_000

/** What is left of removed connections. */
export function addRemovedCases(add: AddCase): void {
  add('get does not return a removed connection, and getRemoved does', async (context) => {
    const { store, at, record, create, provider } = context
    equal(await store.getRemoved(at('a')), undefined, 'no connection')
    const first = await create(record('a', { account: 'work' }))
    equal(await store.getRemoved(first), undefined, 'a connection that is not removed')
    const pending = [{ id: 'e1', type: 'connection.removed', at: 4, data: { reason: 'disconnected' } }]
    const fields = { provider, ownerId: 'a', account: 'work', pending, deliverAt: 5, nextCheckAt: 5 }
    const removed = removedConnection(fields)
    equal(await store.compareAndSet(first, first.revision, removed), true)
    equal(await store.get(first), undefined)
    equal(await store.getRemoved(first), removed)
    const stored = await store.getRemoved(first)
    equal(Object.keys(stored ?? {}).sort(), Object.keys(removed).sort(), 'its fields')
    equal(await store.getRemoved(at('a')), undefined, 'another account')
    equal(await store.due({ provider, limit: 9, at: 5 }), [removed], 'what is due')
  })
  add('a removed connection is due, but neither listed nor counted', async (context) => {
    const { store, record, create, due, provider } = context
    const first = await create(record('a', { accountId: 'u1', grantEndsAt: 5, nextCheckAt: 7 }))
    await remove(context, first.revision, { ownerId: 'a', nextCheckAt: 8 })
    await create(record('b', { app: 'client-2', status: 'needs_reauth', nextCheckAt: 9 }))
    const filters = [
      ...[{}, { app: 'client-1' }, { ownerId: 'a' }, { accountId: 'u1' }, { grantEndsBefore: 9 }],
      ...[{ status: 'connected' }, { keyIdNot: 'other' }, { keyIdNot: 'other', app: 'client-1' }],
    ] as const
    for (const filter of filters) {
      const what = JSON.stringify(filter)
      const hasB = Object.keys(filter).length === 0 || what === '{"keyIdNot":"other"}'
      equal((await store.list({ provider, limit: 9, ...filter })).length, hasB ? 1 : 0, what)
      equal(await store.count({ provider, by: 'status', ...filter }), hasB ? { needs_reauth: 1 } : {}, what)
      equal(await store.count({ provider, by: 'grantEndsOn', ...filter }), hasB ? { never: 1 } : {}, what)
    }
    equal(await due(7, 9), [])
    equal(await due(8, 9), ['a'])
    equal(await due(9, 9), ['a', 'b'])
  })
  add('a removed connection is replaced or deleted only with its revision', async (context) => {
    const { store, at, record, create, found, due } = context
    const first = await create(record('a'))
    const removed = await remove(context, first.revision, { ownerId: 'a' })
    equal(await store.compareAndSet(at('a'), undefined, record('a')), false, 'expecting nothing')
    equal(await store.compareAndSet(at('a'), undefined, undefined), false, 'a deletion that expects nothing')
    equal(await store.compareAndSet(at('a'), first.revision, record('a')), false, 'expecting the connection')
    equal(await store.getRemoved(at('a')), removed)
    const again = record('a')
    equal(await store.compareAndSet(at('a'), removed.revision, again), true)
    equal(await found(at('a')), again)
    equal(await store.getRemoved(at('a')), undefined)
    equal(await context.pages({ app: 'client-1' }, 9), ['a'], 'a connection in place of a removed one')
    const twice = await remove(context, again.revision, { ownerId: 'a' })
    equal(await store.compareAndSet(at('a'), unique(), undefined), false)
    equal(await store.compareAndSet(at('a'), twice.revision, undefined), true)
    equal(await store.getRemoved(at('a')), undefined)
    equal(await due(1e15, 9), [])
    await create(record('a'))
  })
  add('a delivery lease goes on when its connection is removed, and no lease remains', async (context) => {
    const { store, at, record, create } = context
    const lease = { owner: 'p1', id: 'l1', length: 2 * minute }
    const first = await create(record('a', { lease, deliveryLease: lease }))
    const deliveryLease = { ...lease, length: 9 * minute }
    const removed = await remove(context, first.revision, { ownerId: 'a', deliveryLease })
    const { deliveryLeaseLeft, ...stored } = (await store.getRemoved(at('a'))) ?? removed
    equal(stored, { ...removed, deliveryLease: { owner: 'p1', id: 'l1' } })
    within(deliveryLeaseLeft, minute, 2 * minute, 'what is left of the delivery lease')
    const next = removedConnection({ ...removed, revision: unique(), deliveryLease: { ...deliveryLease, id: 'l2' } })
    equal(await store.compareAndSet(at('a'), removed.revision, next), true)
    within((await store.getRemoved(at('a')))?.deliveryLeaseLeft, 8 * minute, 9 * minute, 'what is left of a new one')
    const again = record('a', { lease: { ...lease, length: 5 * minute } })
    equal(await store.compareAndSet(at('a'), next.revision, again), true)
    const connected = await context.found(at('a'))
    within(connected.leaseLeft, 4 * minute, 5 * minute, 'what is left of a lease that begins after the removal')
    equal([connected.deliveryLease, connected.deliveryLeaseLeft], [undefined, undefined])
  })
}

async function remove(
  { store, at, provider }: StoreContext,
  revision: string,
  fields: Parameters<typeof removedConnection>[0],
) {
  const removed = removedConnection({ provider, ...fields })
  equal(await store.compareAndSet(at(fields.ownerId), revision, removed), true, 'a removal')
  return removed
}
