import type { StoredConnection } from '../../stores/store.ts'
import { type AddCase, type Filter, placeOf } from './store-context.ts'
import { compareText, equal, range, sealed } from './store-fixtures.ts'
import { filterPairs, matching, sample, singleFilters } from './store-sample.ts'

const sorted = (owners: readonly string[]): string[] => [...owners].sort(compareText)

/** In which order and pages connections are listed, and which of them. */
export function addListCases(add: AddCase): void {
  add('list returns every connection once, ordered by the code points of the owner', async (context) => {
    const owners = ['10', '9', 'A', 'Z', 'a', 'b', 'é', 'z', '\u{e000}', '\u{ffee}', '\u{1f600}', ...range(20)]
    await context.fill(owners)
    for (const limit of [7, owners.length, 100]) equal(await context.pages({}, limit), sorted(owners))
  })
  add(
    'list returns the connections that match every filter, in order, whatever the length of the pages',
    async (context) => {
      const records = await Promise.all(sample(context).map((record) => context.create(record)))
      await Promise.all(
        Object.entries({ nothing: {}, ...singleFilters, ...filterPairs }).map(async ([name, filter]) => {
          const places = matching(records, filter).map(placeOf)
          const isSmall = places.length > 0 && places.length < 60
          equal(isSmall, name !== 'nothing', `a sample of which some but not all match ${name}`)
          for (const limit of [1, 7, 1000])
            equal(await context.pages(filter, limit), places, `pages of ${limit} with ${name}`)
        }),
      )
    },
  )
  add('list with all filters returns the connections that match all', async ({ store, provider, record, create }) => {
    const all = { status: 'connected', app: 'client-7', ownerId: 'a', accountId: 'u1' } as const
    const wanted = await create(record('a', { ...all, grantEndsAt: 5 }))
    await create(record('a', { ...all, grantEndsAt: 6, account: 'late' }))
    await create(record('a', { ...all, account: 'endless' }))
    equal(await store.list({ provider, limit: 9, ...all, keyIdNot: 'k9', grantEndsBefore: 6 }), [wanted])
    equal(await store.list({ provider, limit: 9, ...all, keyIdNot: 'k1', grantEndsBefore: 6 }), [])
  })
  add('list with keyIdNot returns connections with a token under another key', async (context) => {
    const keys = [['k2'], ['k2', 'k2'], ['k1', 'k2'], ['k2', 'k1'], ['k1', 'k1'], ['k1'], ['k0', 'k3'], ['k3', 'k2']]
    await context.fill(range(8), (index) => {
      const [access = '', refresh] = keys[index] ?? []
      return { accessToken: sealed(access), refreshToken: refresh === undefined ? undefined : sealed(refresh) }
    })
    const stale = range(8).slice(2)
    for (const limit of [1, 4, 100]) equal(await context.pages({ keyIdNot: 'k2' }, limit), stale)
    equal(await context.pages({ keyIdNot: 'k0' }, 100), range(8), 'a key that one of two tokens is under')
    equal(await context.pages({ keyIdNot: 'k2', status: 'needs_reauth' }, 5), [])
  })
  add('list with grantEndsBefore begins with the grant that ends first', async (context) => {
    const ends = [30, 10, undefined, 20, 10, 40]
    await context.fill(range(6), (index) => ({ grantEndsAt: ends[index] }))
    await context.create(context.record('101', { account: 'b', grantEndsAt: 10 }))
    const order = ['101', '101/b', '104', '103', '100']
    for (const limit of [1, 2, 5, 9]) equal(await context.pages({ grantEndsBefore: 40 }, limit), order)
    equal(await context.pages({ grantEndsBefore: 10 }, 9), [], 'an end at the very time is not before it')
  })
  add('list starts after a record, an id or the account without a label of an owner', async (context) => {
    const { store, provider, record, create } = context
    const records = ['', 'x', 'y'].map((account) => record('a', { account, grantEndsAt: 7 }))
    for (const created of [...records, record('b', { grantEndsAt: 6 })]) await create(created)
    const after = async (place: Parameters<typeof store.list>[0]['after'], filter: Filter = {}) =>
      (await store.list({ provider, limit: 9, after: place, ...filter })).map(placeOf)
    equal(await after('a'), ['a/x', 'a/y', 'b'], 'a text')
    equal(await after({ ownerId: 'a' }), ['a/x', 'a/y', 'b'], 'an owner')
    equal(await after({ ownerId: 'a', account: 'x' }), ['a/y', 'b'], 'an owner and an account')
    equal(await after(records[2]), ['b'], 'a record')
    equal(await after('A'), ['a', 'a/x', 'a/y', 'b'], 'an owner without connections')
    equal(await after({ ownerId: 'a', account: 'xx' }), ['a/y', 'b'], 'an account without a connection')
    equal(await after(records[1], { ownerId: 'a' }), ['a/y'], 'a record of the same owner')
    equal(await after({ ownerId: 'a', account: 'x', grantEndsAt: 7 }, { grantEndsBefore: 9 }), ['a/y'])
    equal(await after({ ownerId: 'z', grantEndsAt: 6 }, { grantEndsBefore: 9 }), ['a', 'a/x', 'a/y'])
  })
  add(
    'a connection is found by the values that it has now',
    async ({ store, provider, at, record, create, change }) => {
      await create(record('a', { app: 'old', accountId: 'old', grantEndsAt: 5, accessToken: sealed('old') }))
      const isFound = async (filter: Filter) => (await store.list({ provider, limit: 9, ...filter })).length === 1
      const changes: [Partial<StoredConnection>, before: Filter, after: Filter][] = [
        [{ app: 'new' }, { app: 'old' }, { app: 'new' }],
        [{ accountId: 'new' }, { accountId: 'old' }, { accountId: 'new' }],
        [{ grantEndsAt: 3 }, { grantEndsBefore: 6 }, { grantEndsBefore: 4 }],
        [{ status: 'needs_reauth' }, { status: 'connected' }, { status: 'needs_reauth' }],
        [{ accessToken: sealed('k1') }, { keyIdNot: 'k1' }, { keyIdNot: 'old' }],
        [{ accountId: undefined }, { accountId: 'new' }, { app: 'new' }],
        [{ grantEndsAt: undefined }, { grantEndsBefore: 9 }, { app: 'new' }],
        [{ grantEndsAt: 8 }, {}, { grantEndsBefore: 9 }],
        [{ refreshToken: sealed('k2') }, {}, { keyIdNot: 'k1' }],
      ]
      for (const [fields, before, after] of changes) {
        const what = JSON.stringify({ before, after })
        equal(await isFound(before), true, `${what} before`)
        await change(at('a'), fields)
        equal(await isFound(after), true, `${what} after`)
        const isMoved = !('grantEndsAt' in fields && fields.grantEndsAt === 3) && Object.keys(before).length > 0
        if (isMoved) equal(await isFound(before), false, `${what} under the value that it had`)
      }
    },
  )
}
