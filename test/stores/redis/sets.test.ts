import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisStore } from '../../../src/stores/redis.ts'
import type { StoredRecord } from '../../../src/stores/store.ts'
import { removedConnection, sealed, storedConnection, unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { available, urls } from '../../support/services.ts'
import { recordKey, setsOf } from '../support/redis.ts'

const present = await available('redis')
const prefix = `stagedoor-${unique()}`
const id = { provider: 'spotify', ownerId: 'a', account: 'work' }

describe.skipIf(!present)('the sets of a bucket in Redis', () => {
  const redis = new Redis(urls.redis, { lazyConnect: true })
  const store = redisStore({ client: redis, prefix })
  const first = storedConnection({ ...id, accountId: 'a1', grantEndsAt: 9_000, nextCheckAt: 5_000 })
  beforeAll(() => redis.connect())
  afterAll(async () => {
    const keys = await redis.keys(`${prefix}*`)
    if (keys.length > 0) await redis.del(keys)
    redis.disconnect()
  })

  /** Makes sure that the connection is `first`, then returns the writing commands of a write and the sets after it. */
  async function write(next: StoredRecord | undefined) {
    const { revision } = (await store.get(id)) ?? (await store.getRemoved(id)) ?? {}
    await store.compareAndSet(id, revision, undefined)
    await store.compareAndSet(id, undefined, first)
    const watcher = await redis.duplicate().monitor()
    const commands: string[] = []
    const end = unique()
    const ended = new Promise<void>((resolve) => {
      watcher.on('monitor', (_, [name = '', ...values]: string[]) => {
        if (values[0] === end) resolve()
        else if (/^(z(add|rem)|hset|hdel|del)$/i.test(name) && values[0]?.startsWith(prefix))
          commands.push([name.toLowerCase(), values[0].split(':')[2], ...values.slice(1)].join(' '))
      })
    })
    expect(await store.compareAndSet(id, first.revision, next)).toBe(true)
    await redis.echo(end)
    await ended
    watcher.disconnect()
    return { commands, sets: await setsOf(redis, prefix, id) }
  }
  const changed = (fields: Partial<typeof first>): StoredRecord => ({ ...first, ...fields, revision: unique() })
  const initial = {
    due: { 'a\0work': 5_000 },
    grants: { 'a\0work': 9_000 },
    status: { 'connected\0a\0work': 0 },
    keys: { 'k1\0a\0work': 0 },
    apps: { 'client-1\0a\0work': 0 },
    accounts: { 'a1\0a\0work': 0 },
  }

  test.each([
    ['nothing that they are sorted by', { accountName: 'Zoë', expiresAt: 1 }, [], {}],
    ['a lease', { lease: { owner: 'p', id: 'l', length: 1 } }, [], {}],
    ['the next check', { nextCheckAt: 6_000 }, ['zadd due 6000 a\\0work'], { due: { 'a\0work': 6_000 } }],
    ['the end of the grant', { grantEndsAt: 8_000 }, ['zadd grants 8000 a\\0work'], { grants: { 'a\0work': 8_000 } }],
    ['a grant that ends no more', { grantEndsAt: undefined }, ['zrem grants a\\0work'], { grants: {} }],
    [
      'the status',
      { status: 'needs_reauth' as const },
      ['zrem status connected\\0a\\0work', 'zadd status 0 needs_reauth\\0a\\0work'],
      { status: { 'needs_reauth\0a\0work': 0 } },
    ],
    [
      'one of two keys',
      { accessToken: sealed('k2') },
      ['zrem keys k1\\0a\\0work', 'zadd keys 0 \\0a\\0work'],
      { keys: { '\0a\0work': 0 } },
    ],
    [
      'the application',
      { app: 'client-2' },
      ['zrem apps client-1\\0a\\0work', 'zadd apps 0 client-2\\0a\\0work'],
      { apps: { 'client-2\0a\0work': 0 } },
    ],
    ['an account that is no longer known', { accountId: undefined }, ['zrem accounts a1\\0a\\0work'], { accounts: {} }],
  ])('change only where a write changes %s', async (_, fields, expected, difference) => {
    const { commands, sets } = await write(changed(fields))
    expect(sets).toEqual({ ...initial, ...difference })
    const visible = commands.map((command) => command.replaceAll('\0', '\\0').replaceAll('\\x00', '\\0'))
    expect(visible.filter((command) => command.startsWith('z'))).toEqual(expected)
  })

  test('have a removed connection among the due records only, and a deleted one nowhere', async () => {
    const none = { due: {}, grants: {}, status: {}, keys: {}, apps: {}, accounts: {} }
    const removed = await write(removedConnection({ ...id, nextCheckAt: 7_000 }))
    expect(removed.sets).toEqual({ ...none, due: { 'a\0work': 7_000 } })
    expect((await write(undefined)).sets).toEqual(none)
    expect(await redis.exists(recordKey(prefix, id))).toBe(0)
  })
})
