import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { isStagedoorError, StoreError } from '../../../src/errors.ts'
import { inParallel } from '../../../src/internal/in-parallel.ts'
import { sleep } from '../../../src/internal/signal.ts'
import { sqliteStore } from '../../../src/stores/sqlite.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import type { FaultRule } from '../../../src/testing/faults.ts'
import { createWorld, type World } from '../support/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-faults-'))
afterAll(() => rmSync(folder, { recursive: true }))

const json = (error: string, description?: string) => ({
  content: JSON.stringify({ error, ...(description === undefined ? {} : { error_description: description }) }),
  type: 'application/json',
})

/** What the token endpoint and the machines before it have been seen to return, apart from the end of a grant. */
const responses: readonly FaultRule[] = [
  { status: 400, body: json('invalid_client', 'Invalid client') },
  { status: 400, body: json('invalid_client') },
  { status: 401, body: json('invalid_client', 'Invalid client secret') },
  { status: 400, body: json('unauthorized_client') },
  { status: 400, body: json('invalid_request', 'grant_type must be supplied') },
  { status: 400, body: json('unsupported_grant_type') },
  { status: 400, body: 'empty' },
  { status: 403, body: 'html' },
  { status: 404, body: 'html' },
  { status: 405, body: 'empty' },
  { status: 408, body: 'empty' },
  { status: 429, body: 'json', message: 'API rate limit exceeded', retryAfter: 1 },
  { status: 429, body: { content: 'Too many requests' } },
  { status: 429, body: 'empty' },
  { status: 429, body: 'json', retryAfter: 'soon' },
  { status: 500, body: json('server_error') },
  { status: 502, body: 'json', message: 'Bad gateway.' },
  { status: 502, body: 'html' },
  { status: 503, body: { content: 'upstream request timeout' } },
  { status: 503, body: json('invalid_grant', 'Refresh token revoked') },
  { status: 504, body: 'empty' },
  { status: 200, body: 'html' },
  { status: 200, body: 'empty' },
  { status: 200, body: json('invalid_grant') },
  { cut: 'before' },
]

interface Outage {
  readonly store: TokenStore
  down: boolean
}

function fragile(inner: TokenStore): Outage {
  const outage: Outage = {
    down: false,
    store: {
      ...inner,
      async get(...input) {
        if (outage.down) throw new StoreError('STORE_UNAVAILABLE', 'The database is away.')
        return await inner.get(...input)
      },
      async compareAndSet(...input) {
        const before = outage.down
        const won = before ? false : await inner.compareAndSet(...input)
        // A write that the outage meets under way has reached the disk, but its writer gets a failure.
        if (before || outage.down) throw new StoreError('STORE_UNAVAILABLE', 'The database is away.')
        return won
      },
    },
  }
  return outage
}

/** Asks until a token comes, as an application does that believes `retryable`. */
async function persist(world: World, ownerId: string, rejected?: string): Promise<string> {
  for (;;) {
    try {
      return await world.connections.accessToken(ownerId, { rejected })
    } catch (error) {
      const passing = isStagedoorError(error) && (error.retryable || error.code === 'CONFIG_CLIENT_REJECTED')
      if (!passing) throw error
      await sleep(100)
    }
  }
}

test('a store that is away for ten seconds in the middle of 1,000 refreshes costs no connection', async () => {
  const outage = fragile(sqliteStore(join(folder, 'outage.db')))
  const world = createWorld({ store: outage.store, now: Date.now, fakeOptions: { clock: 'real', rotation: 'always' } })
  const owners = Array.from({ length: 1000 }, (_, index) => `owner-${index}`)
  const spent = new Map<string, string>()
  for (const ownerId of owners) spent.set(ownerId, (await world.connect(ownerId)).accessToken)
  let done = 0
  await inParallel(owners, 100, async (ownerId) => {
    await persist(world, ownerId, spent.get(ownerId))
    done += 1
    if (done !== 300) return
    outage.down = true
    setTimeout(() => {
      outage.down = false
    }, 10_000)
  })
  expect(outage.down).toBe(false)
  const { items } = await world.connections.list({ limit: 1000 })
  expect(items.filter(({ status }) => status !== 'connected')).toEqual([])
  expect(world.names().filter((name) => name === 'needs_reauth')).toEqual([])
  expect(world.names().filter((name) => name === 'refreshed')).toHaveLength(1000)
  // Every refresh token in the store is the one that the server takes.
  const other = world.another()
  await inParallel(owners, 100, async (ownerId) => {
    const rejected = await other.accessToken(ownerId)
    await expect(other.accessToken(ownerId, { rejected })).resolves.not.toBe(rejected)
  })
  await world.connections.close()
  await outage.store.close?.()
}, 90_000)

test.each(['always', 'never'] as const)(
  'every response that a token endpoint has been seen to send, at random, ends no connection (rotation: %s)',
  async (rotation) => {
    let offset = 0
    const world: World = createWorld({
      now: () => world.fake.clock.now() + offset,
      fakeOptions: { rotation, seed: 7 },
    })
    const owners = Array.from({ length: 40 }, (_, index) => `owner-${index}`)
    for (const ownerId of owners) await world.connect(ownerId, 0)
    const cut = rotation === 'never' ? ([{ cut: 'after' }, { cut: 'middle' }] as const) : []
    for (const response of [...responses, ...cut])
      world.fake.fail({ path: '/api/token', probability: 0.08, ...response })
    const monitor = world.connections.monitor()
    const others = [world.another(), world.another()]
    for (let round = 0; round < 60; round++) {
      const jump = [0, 0, 3_600_000, 0, -3_600_000][round % 5] ?? 0
      offset = jump
      await Promise.allSettled([
        monitor.runOnce(),
        ...owners.flatMap((ownerId) => [world.connections, ...others].map((each) => each.accessToken(ownerId))),
      ])
      world.advance(20 * 60_000)
    }
    for (const fault of world.fake.faults) {
      expect(fault.hits).toBeGreaterThan(0)
      fault.remove()
    }
    offset = 0
    world.advance(24 * 3_600_000)
    for (const ownerId of owners) await expect(world.connections.accessToken(ownerId)).resolves.toBeTypeOf('string')
    const { items } = await world.connections.list()
    expect(items.filter(({ status }) => status !== 'connected')).toEqual([])
    expect(world.names().filter((name) => name === 'needs_reauth')).toEqual([])
  },
  60_000,
)
