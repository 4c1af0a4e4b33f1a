import type { AddCase } from './store-context.ts'
import { equal, range, removedConnection } from './store-fixtures.ts'

/** Which records are due. */
export function addDueCases(add: AddCase): void {
  add('due returns at most limit connections whose check is due, oldest first', async (context) => {
    await context.fill(range(30), (index) => ({ nextCheckAt: 1000 + ((index * 7) % 30) }))
    const order = range(30).sort((a, b) => (((Number(a) - 100) * 7) % 30) - (((Number(b) - 100) * 7) % 30))
    equal(await context.due(999, 10), [])
    equal(await context.due(1004, 10), order.slice(0, 5), 'up to and including the requested time')
    equal(await context.due(1e15, 12), order.slice(0, 12))
    equal(await context.due(1e15, 100), order)
  })
  add('records due at the same time are ordered by owner and account', async (context) => {
    const { record, create, due, provider } = context
    const accounts = ['b', '', 'B', '\u{1f3a7}', '\u{ffee}']
    for (const owner of ['b', 'a'])
      await Promise.all(accounts.map((account) => create(record(owner, { account, nextCheckAt: 1000 }))))
    await create(removedConnection({ provider, ownerId: 'a', account: 'a', nextCheckAt: 1000 }))
    await create(removedConnection({ provider, ownerId: 'z', nextCheckAt: 999 }))
    const places = ['', '/B', '/b', '/\u{ffee}', '/\u{1f3a7}']
    const ofA = ['a', 'a/B', 'a/a', 'a/b', 'a/\u{ffee}', 'a/\u{1f3a7}']
    const order = ['z', ...ofA, ...places.map((place) => `b${place}`)]
    for (const limit of [4, 12, 100]) equal(await due(1000, limit), order.slice(0, limit))
  })
  add('a connection with a changed nextCheckAt is due at the new time', async ({ fill, due, change, at }) => {
    await fill(['a', 'b', 'c'], () => ({ nextCheckAt: 1000 }))
    equal(await due(1000, 9), ['a', 'b', 'c'], 'connections due at the same time, by owner')
    await change(at('a'), { nextCheckAt: 2000 })
    equal(await due(1999, 9), ['b', 'c'])
    equal(await due(2000, 9), ['b', 'c', 'a'])
    await change(at('c'), { nextCheckAt: -5 })
    equal(await due(2000, 2), ['c', 'b'])
  })
}
