import type { StoredConnection, TokenStore } from '../../stores/store.ts'
import type { StoreContractSubject } from './store.ts'
import { type AddCase, placeOf, type StoreContext } from './store-context.ts'
import { aborted, equal, range, refused, removedConnection, within } from './store-fixtures.ts'

const minute = 60_000

type ReservingStore = TokenStore & Required<Pick<TokenStore, 'reserve'>>

function reserves(store: TokenStore): store is ReservingStore {
  return store.reserve !== undefined
}

/** How due records are handed out once. */
export function addReservationCases(add: AddCase, { advance, corrupt }: StoreContractSubject): void {
  /** A case with a shorthand for `reserve` of its provider. */
  const addCase = (
    name: string,
    run: (context: StoreContext & { reserve: ReturnType<typeof reserver> }) => Promise<void>,
  ) => add(name, (context) => run({ ...context, reserve: reserver(context) }))

  addCase('reserve returns what due returns, and passes over it afterwards', async (context) => {
    const { fill, create, due, reserve, provider } = context
    await fill(range(6), (index) => ({ nextCheckAt: 1000 - index }))
    await create(removedConnection({ provider, ownerId: 'b', nextCheckAt: 997 }))
    const order = await due(999, 99)
    equal(order, ['105', '104', '103', 'b', '102', '101'])
    equal(await reserve(999, 2), order.slice(0, 2))
    equal(await reserve(999, 3), order.slice(2, 5))
    equal(await reserve(996, 9), [])
    equal(await reserve(999, 3), order.slice(5))
    equal(await reserve(999, 3), [])
    equal(await reserve(1000, 3), ['100'], 'one that was not due')
  })
  addCase('nothing but reserve regards a reservation', async (context) => {
    const { store, at, record, create, found, due, pages, reserve, provider } = context
    const lease = { owner: 'p1', id: 'l1', length: minute }
    const first = await create(record('a', { nextCheckAt: 1000, lease, deliveryLease: lease }))
    const [reserved] = (await reserve.records(1000, 9)) as StoredConnection[]
    if (reserved === undefined) throw new Error('expected a reserved connection, got none')
    equal([reserved.revision, reserved.lease], [first.revision, { owner: 'p1', id: 'l1' }])
    within(reserved.leaseLeft, 0, minute, 'what is left of the lease')
    within(reserved.deliveryLeaseLeft, 0, minute, 'what is left of the delivery lease')
    const { leaseLeft: _, deliveryLeaseLeft: __, ...fields } = await found(at('a'))
    const { leaseLeft: ___, deliveryLeaseLeft: ____, ...reservedFields } = reserved
    equal(reservedFields, fields, 'the reserved connection')
    equal(Object.keys(reservedFields).sort(), Object.keys(fields).sort(), 'its fields')
    equal(await due(1000, 9), ['a'])
    equal(await pages({}, 9), ['a'])
    equal(await store.count({ provider, by: 'status' }), { connected: 1 })
    equal(await store.compareAndSet(at('a'), first.revision, undefined), true)
  })
  addCase('a write that changes nextCheckAt ends a reservation, and any other keeps it', async (context) => {
    const { store, at, found, fill, change, reserve, record, create } = context
    await fill(['a', 'b'], () => ({ nextCheckAt: 1000 }))
    equal(await reserve(2000, 9), ['a', 'b'])
    await change(at('a'), { expiresAt: 5, status: 'needs_reauth', warnAt: 3 })
    equal(await reserve(2000, 9), [], 'a write that leaves nextCheckAt')
    await change(at('a'), { nextCheckAt: 1500 })
    equal(await reserve(1499, 9), [])
    equal(await reserve(2000, 9), ['a'], 'a later nextCheckAt')
    await change(at('a'), { nextCheckAt: 900 })
    equal(await reserve(2000, 9), ['a'], 'an earlier nextCheckAt')
    equal(await reserve(2000, 9), [])
    equal(await store.compareAndSet(at('b'), 'another revision', record('b', { nextCheckAt: 1 })), false)
    equal(await reserve(2000, 9), [], 'a write that failed')
    const { revision } = await found(at('b'))
    equal(await store.compareAndSet(at('b'), revision, undefined), true)
    await create(record('b', { nextCheckAt: 1000 }))
    equal(await reserve(2000, 9), ['b'], 'a connection that was created again')
  })
  addCase('callers that reserve at once get every due record exactly once', async ({ fill, reserve, other }) => {
    await fill(range(24), (index) => ({ nextCheckAt: index % 5 }))
    const callers = Array.from({ length: 6 }, async (_, index) => {
      const mine: string[] = []
      for (;;) {
        const page = await reserve(1000, 3, index % 2 === 0 ? undefined : other)
        equal(page.length <= 3, true, 'at most limit records')
        if (page.length === 0) return mine
        mine.push(...page)
      }
    })
    equal((await Promise.all(callers)).flat().sort(), range(24))
  })
  addCase('a reservation belongs to one provider', async ({ record, create, reserve, provider }) => {
    await create(record('a', { nextCheckAt: 1000 }))
    await create({ ...record('a', { nextCheckAt: 1000 }), provider: `${provider}2` })
    equal(await reserve(1000, 9), ['a'])
    equal(await reserve(1000, 9, undefined, `${provider}2`), ['a'])
  })
  if (advance !== undefined)
    addCase('a reservation ends after its length', async ({ fill, reserve, other }) => {
      await fill(['a', 'b'], () => ({ nextCheckAt: 1000 }))
      equal(await reserve(1000, 1), ['a'])
      advance(6 * minute)
      equal(await reserve(1000, 9), ['b'])
      advance(4 * minute)
      equal(await reserve(1000, 9, other), ['a'], 'the first reservation after its end')
      advance(6 * minute)
      equal(await reserve(1000, 9), ['b'], 'the second reservation after its end')
    })
  if (corrupt !== undefined)
    addCase('reserve skips corrupt connections and fills the page with the next ones', async (context) => {
      await context.fill(range(12), (index) => ({ nextCheckAt: index }))
      const valid = range(12).filter((_, index) => index > 4 && index !== 8)
      for (const owner of range(12)) if (!valid.includes(owner)) await corrupt(context.at(owner))
      equal(await context.reserve(1000, 1), valid.slice(0, 1))
      equal(await context.reserve(1000, 4), valid.slice(1, 5))
      equal(await context.reserve(1000, 9), valid.slice(5))
    })
  add('reserve refuses bad arguments and aborted signals, and reserves nothing then', async (context) => {
    const { store, provider, fill } = context
    if (!reserves(store)) return
    await fill(['a'], () => ({ nextCheckAt: 1 }))
    const query = { provider, at: 1, limit: 1, length: minute }
    await refused({
      'no provider': () => store.reserve({ ...query, provider: '' }),
      'a limit of 0': () => store.reserve({ ...query, limit: 0 }),
      'half a millisecond': () => store.reserve({ ...query, at: 0.5 }),
      'a length of 0': () => store.reserve({ ...query, length: 0 }),
      'a negative length': () => store.reserve({ ...query, length: -1 }),
      'an infinite length': () => store.reserve({ ...query, length: Number.POSITIVE_INFINITY }),
    })
    await aborted({ reserve: (options) => store.reserve(query, options) })
    equal((await store.reserve(query)).length, 1)
  })
}

function reserver(context: StoreContext) {
  const records = async (at: number, limit: number, by = context.store, provider = context.provider) => {
    if (!reserves(by)) throw new Error('expected a store with reserve')
    return by.reserve({ provider, at, limit, length: 10 * minute })
  }
  const places = async (...args: Parameters<typeof records>) => (await records(...args)).map(placeOf)
  return Object.assign(places, { records })
}
