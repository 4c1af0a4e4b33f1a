import type { ConnectionId, PendingEvent, StoredConnection } from '../../stores/store.ts'
import type { StoreContractSubject } from './store.ts'
import { type AddCase, type Filter, placeOf } from './store-context.ts'
import { aborted, equal, range, refused, rejectionOf, removedConnection } from './store-fixtures.ts'

/** Corrupt connections, aborts and invalid arguments. */
export function addFailureCases(add: AddCase, { corrupt }: StoreContractSubject): void {
  if (corrupt !== undefined) addCorruptCases(add, corrupt)
  add('a call with an aborted signal rejects with its reason and does nothing', async (context) => {
    const { store, at, record, provider } = context
    await aborted({
      get: (options) => store.get(at('a'), options),
      getRemoved: (options) => store.getRemoved(at('a'), options),
      compareAndSet: (options) => store.compareAndSet(at('a'), undefined, record('a'), options),
      list: (options) => store.list({ provider, limit: 1 }, options),
      count: (options) => store.count({ provider, by: 'status' }, options),
      due: (options) => store.due({ provider, limit: 1, at: 1 }, options),
    })
    equal(await store.get(at('a')), undefined)
  })
  add('an id or a query that is malformed is rejected with a TypeError', async ({ store, at, provider }) => {
    const ids: Record<string, ConnectionId> = {
      'no owner': at(''),
      'an owner with NUL': at('a\0'),
      'an owner with half a character': at('\ud800'),
      'an owner of 256 bytes': at('é'.repeat(128)),
      'no provider': { provider: '', ownerId: 'a' },
      'a provider of 65 bytes': { provider: 'p'.repeat(65), ownerId: 'a' },
      'an account of 65 bytes': at('a', `${'é'.repeat(32)}a`),
      'an account with NUL': at('a', '\0'),
      'an account with half a character': at('a', '\ud800'),
    }
    for (const [what, id] of Object.entries(ids))
      await refused({
        [`get: ${what}`]: () => store.get(id),
        [`getRemoved: ${what}`]: () => store.getRemoved(id),
        [`compareAndSet: ${what}`]: () => store.compareAndSet(id, undefined, undefined),
      })
    const filters: Record<string, Filter> = {
      'an empty owner': { ownerId: '' },
      'an empty application': { app: '' },
      'an empty account id': { accountId: '' },
      'an empty key': { keyIdNot: '' },
      'half a millisecond': { grantEndsBefore: 0.5 },
      // The compiler would reject what the store must reject when it runs.
      'an unknown status': { status: 'removed' as StoredConnection['status'] },
    }
    for (const [what, filter] of Object.entries(filters))
      await refused({
        [`list: ${what}`]: () => store.list({ provider, limit: 1, ...filter }),
        [`count: ${what}`]: () => store.count({ provider, by: 'status', ...filter }),
      })
    await refused({
      'list: no provider': () => store.list({ provider: '', limit: 1 }),
      'list: a limit of 0': () => store.list({ provider, limit: 0 }),
      'list: a limit of 1.5': () => store.list({ provider, limit: 1.5 }),
      'list: an empty text to start after': () => store.list({ provider, limit: 1, after: '' }),
      'list: an account that is too long': () =>
        store.list({ provider, limit: 1, after: { ownerId: 'a', account: 'a'.repeat(65) } }),
      'list: a text to start after, with grantEndsBefore': () =>
        store.list({ provider, limit: 1, after: 'a', grantEndsBefore: 5 }),
      'list: a place without the end of its grant, with grantEndsBefore': () =>
        store.list({ provider, limit: 1, after: { ownerId: 'a' }, grantEndsBefore: 5 }),
      'count: no provider': () => store.count({ provider: '', by: 'status' }),
      'count: an unknown group': () => store.count({ provider, by: 'app' as 'status' }),
      'due: no provider': () => store.due({ provider: '', limit: 1, at: 1 }),
      'due: a negative limit': () => store.due({ provider, limit: -1, at: 1 }),
      'due: half a millisecond': () => store.due({ provider, limit: 1, at: 0.5 }),
    })
  })
  add('a record that could not be read back is rejected with a TypeError', async (context) => {
    const { store, at, record, provider } = context
    const event: PendingEvent = { id: 'e1', type: 'connection.failed', at: 1 }
    const lease = (length: number) => ({ owner: 'p1', id: 'l1', length })
    // The compiler would reject what the store must reject when it runs.
    const fields: Record<string, Partial<StoredConnection>> = {
      'a plaintext access token': { accessToken: 'plaintext' as unknown as StoredConnection['accessToken'] },
      'a plaintext refresh token': { refreshToken: 'plaintext' as unknown as StoredConnection['accessToken'] },
      'half a millisecond': { nextCheckAt: 1.5 },
      'an infinite time': { checkAt: Number.POSITIVE_INFINITY },
      'no application': { app: '' },
      'an application of 256 bytes': { app: 'a'.repeat(256) },
      'an account id of 256 bytes': { accountId: 'a'.repeat(256) },
      'a step that is too long': { notified: 'a'.repeat(65) },
      'a lease of negative length': { lease: lease(-1) },
      'a lease of more than a day': { lease: lease(86_400_001) },
      'a lease of half a millisecond': { lease: lease(0.5) },
      'a delivery lease of more than a day': { deliveryLease: lease(86_400_001) },
      'a lease without an id': { lease: { owner: 'p1', id: '' } },
      '33 pending events': { pending: Array.from({ length: 33 }, () => event) },
      'a pending event without an id': { pending: [{ ...event, id: '' }] },
      'a pending event with nested data': {
        pending: [{ ...event, data: { nested: {} } as unknown as NonNullable<PendingEvent['data']> }],
      },
      'an unknown status': { status: 'lost' as StoredConnection['status'] },
    }
    for (const [what, field] of Object.entries(fields))
      await refused({ [what]: () => store.compareAndSet(at('a'), undefined, record('a', field)) })
    const first = record('a')
    const removed = removedConnection({ provider, ownerId: 'a' })
    await refused({
      'the id of another owner': () => store.compareAndSet(at('a'), undefined, record('b')),
      'the id of another account': () => store.compareAndSet(at('a', 'work'), undefined, first),
      'the revision that is stored': () => store.compareAndSet(at('a'), first.revision, first),
      'a removed connection of another owner': () => store.compareAndSet(at('b'), undefined, removed),
      'a removed connection with half a millisecond': () =>
        store.compareAndSet(at('a'), undefined, { ...removed, nextCheckAt: 0.5 }),
    })
    equal((await store.list({ provider, limit: 9 })).length, 0)
    equal(await store.due({ provider, limit: 9, at: 1e15 }), [])
  })
}

function addCorruptCases(add: AddCase, corrupt: (id: ConnectionId) => Promise<void>): void {
  add('a corrupt connection is STORE_CORRUPT and does not affect other connections', async (context) => {
    const { store, at, fill, found, pages, due, provider } = context
    await fill(range(12), (index) => ({ nextCheckAt: index, accountId: 'u1', grantEndsAt: index }))
    const valid = range(12).filter((_, index) => index > 4 && index !== 8)
    for (const owner of range(12)) if (!valid.includes(owner)) await corrupt(at(owner))
    const error = await rejectionOf(store.get(at('100')))
    equal([error.name, error.code, error.retryable], ['StoreError', 'STORE_CORRUPT', false])
    const filters: readonly Filter[] = [
      ...[{}, { status: 'connected' }, { keyIdNot: 'other' }, { app: 'client-1' }, { accountId: 'u1' }],
      ...[{ grantEndsBefore: 99 }, { keyIdNot: 'other', app: 'client-1' }, { accountId: 'u1', grantEndsBefore: 99 }],
    ] as const
    for (const filter of filters)
      for (const limit of [2, 100]) equal(await pages(filter, limit), valid, `${limit} of ${JSON.stringify(filter)}`)
    equal(await pages({}, 1), valid)
    for (const limit of [1, 3, 100]) equal(await due(1e15, limit), valid.slice(0, limit))
    equal(await pages({ ownerId: '100' }, 1), [])
    equal(await pages({ ownerId: '105' }, 1), ['105'])
    for (const owner of valid) equal(placeOf(await found(at(owner))), owner)
    equal(await store.count({ provider, by: 'status' }), { connected: 12 }, 'a count, corrupt connections too')
  })
  add('a corrupt connection can be replaced or deleted with the revision of its error', async (context) => {
    const { store, at, fill, record, pages } = context
    await fill(['a', 'b'])
    for (const owner of ['a', 'b']) await corrupt(at(owner))
    const fresh = record('a')
    equal(await store.compareAndSet(at('a'), undefined, record('a')), false, 'expecting nothing')
    equal(await store.compareAndSet(at('a'), (await rejectionOf(store.get(at('a')))).revision, fresh), true)
    equal(await store.get(at('a')), fresh)
    equal(await store.compareAndSet(at('b'), (await rejectionOf(store.get(at('b')))).revision, undefined), true)
    equal(await store.get(at('b')), undefined)
    equal(await pages({}, 9), ['a'])
  })
}
