import type { AddCase } from './store-context.ts'
import { equal, range, sealed, unique } from './store-fixtures.ts'

/** How connections are identified, listed and returned by `due`. */
export function addQueryCases(add: AddCase): void {
  add(
    'owners that differ in case, accents, spaces or Unicode form are different owners',
    async ({ store, at, record, provider }) => {
      const owners = [
        'a',
        'A',
        'a ',
        ' a',
        'á',
        'a\u0301',
        'ss',
        'ß',
        'i',
        'ı',
        '%',
        '_',
        '{a}',
        "'",
        '"',
        '\\',
        ':',
        'a:b',
        '*',
      ]
      for (const owner of owners) equal(await store.compareAndSet(at(owner), undefined, record(owner)), true, owner)
      for (const owner of owners) equal((await store.get(at(owner)))?.ownerId, owner)
      equal((await store.list({ provider, limit: 99 })).length, owners.length)
    },
  )
  add('the same owner of two providers has two connections', async ({ store, at, record, provider }) => {
    await store.compareAndSet(at('a'), undefined, record('a'))
    const elsewhere = { provider: `${provider}2`, ownerId: 'a' }
    equal(await store.get(elsewhere), undefined)
    await store.compareAndSet(elsewhere, undefined, { ...record('a'), ...elsewhere })
    equal((await store.list({ provider, limit: 9 })).length, 1)
    equal((await store.due({ provider, limit: 9, at: 1e15 })).length, 1)
    equal((await store.list({ provider: `${provider}2`, limit: 9, keyIdNot: 'other' })).length, 1)
  })
  add('list returns every connection once, ordered by the code points of the owner', async (context) => {
    const owners = ['10', '9', 'A', 'Z', 'a', 'b', 'é', 'z', '\u{e000}', '\u{ffee}', '\u{1f600}', ...range(40)]
    await context.fill(owners)
    equal(await context.pages({}, 7), sortByCodePoint(owners))
    equal(await context.pages({}, owners.length), sortByCodePoint(owners))
  })
  add('list filters by status', async (context) => {
    await context.fill(range(20), (index) => ({ status: index % 3 === 0 ? 'needs_reauth' : 'connected' }))
    const ended = sortByCodePoint(range(20).filter((_, index) => index % 3 === 0))
    equal(await context.pages({ status: 'needs_reauth' }, 3), ended)
    equal(
      await context.pages({ status: 'connected' }, 100),
      sortByCodePoint(range(20).filter((owner) => !ended.includes(owner))),
    )
    const record = await context.store.get(context.at(ended[0] ?? ''))
    if (record === undefined) throw new Error('a listed connection was not found')
    const next = { ...record, status: 'connected' as const, revision: unique() }
    equal(await context.store.compareAndSet(record, record.revision, next), true)
    equal(await context.pages({ status: 'needs_reauth' }, 3), ended.slice(1))
  })
  add('list with keyIdNot returns connections with a token under another key', async (context) => {
    const keys = [
      ['k2'],
      ['k2', 'k2'],
      ['k1', 'k2'],
      ['k2', 'k1'],
      ['k1', 'k1'],
      ['k1'],
      ['k0', 'k3'],
      ['k3', 'k2'],
    ] as const
    await context.fill(range(8 * 3), (index) => {
      const [access, refresh] = keys[index % 8] ?? ['k2']
      return { accessToken: sealed(access), refreshToken: refresh && sealed(refresh) }
    })
    const stale = sortByCodePoint(range(8 * 3).filter((_, index) => index % 8 > 1))
    for (const limit of [1, 4, 100]) equal(await context.pages({ keyIdNot: 'k2' }, limit), stale)
    equal(await context.pages({ keyIdNot: 'k2', status: 'connected' }, 5), stale)
    equal(await context.pages({ keyIdNot: 'k2', status: 'needs_reauth' }, 5), [])
    for (const owner of stale) {
      const record = await context.store.get(context.at(owner))
      if (record === undefined) throw new Error('a listed connection was not found')
      const refreshToken = record.refreshToken && sealed('k2')
      const next = { ...record, accessToken: sealed('k2'), refreshToken, revision: unique() }
      equal(await context.store.compareAndSet(record, record.revision, next), true)
    }
    equal(await context.pages({ keyIdNot: 'k2' }, 4), [])
  })
  add('due returns at most limit connections whose check is due, oldest first', async (context) => {
    await context.fill(range(30), (index) => ({ nextCheckAt: 1000 + ((index * 7) % 30) }))
    const order = range(30).sort((a, b) => (((Number(a) - 100) * 7) % 30) - (((Number(b) - 100) * 7) % 30))
    equal(await context.due(999, 10), [])
    equal(await context.due(1004, 10), order.slice(0, 5), 'up to and including the requested time')
    equal(await context.due(1e15, 12), order.slice(0, 12))
    equal(await context.due(1e15, 100), order)
  })
  add('a connection with a changed nextCheckAt is due at the new time', async (context) => {
    await context.fill(['a', 'b', 'c'], () => ({ nextCheckAt: 1000 }))
    equal(await context.due(1000, 9), ['a', 'b', 'c'], 'connections due at the same time, by owner')
    const record = await context.store.get(context.at('a'))
    if (record === undefined) throw new Error('a written connection was not found')
    await context.store.compareAndSet(record, record.revision, { ...record, revision: unique(), nextCheckAt: 2000 })
    equal(await context.due(1999, 9), ['b', 'c'])
    equal(await context.due(2000, 9), ['b', 'c', 'a'])
  })
}

const sortByCodePoint = (owners: readonly string[]): string[] =>
  [...owners].sort((a, b) => {
    const left = [...a].map((char) => char.codePointAt(0) ?? 0)
    const right = [...b].map((char) => char.codePointAt(0) ?? 0)
    const at = left.findIndex((point, index) => point !== right[index])
    return at === -1 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1)
  })
