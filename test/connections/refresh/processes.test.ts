import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, type TestContext, test, vi } from 'vitest'
import type { StoredConnection, TokenStore } from '../../../src/stores/store.ts'
import type { FaultRule } from '../../../src/testing/faults.ts'
import { type FakeSpotifyServer, startFakeSpotify } from '../../../src/testing/server.ts'
import { available } from '../../support/services.ts'
import { createFleet, together, type Worker } from '../support/fleet.ts'
import { openStore, type StoreAddress, type StoreName } from '../support/stores.ts'
import { connectionsOf, type Site } from '../support/worker.ts'

const processes = 8
const callers = 100
const refresh = { timeout: 4000, lease: 5000 }

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-refresh-'))
const prefix = `conn_${Math.random().toString(36).slice(2, 10)}_`
const fleet = createFleet()
let workers: Worker[] = []
let server: FakeSpotifyServer
let stages = 0

beforeAll(async () => {
  server = await startFakeSpotify()
  workers = Array.from({ length: processes }, () => fleet.launch())
})
afterAll(async () => {
  await fleet.end()
  await server.close()
  rmSync(folder, { recursive: true })
})

const stores: [StoreName, boolean][] = [
  ['SQLite', true],
  ['PostgreSQL', await available('postgres')],
  ['MariaDB', await available('mariadb')],
  ['Redis', await available('redis')],
]

// Side by side, since they mostly wait for leases to end. Every test has an application and a provider of its own.
describe.concurrent.each(stores.filter(([, present]) => present))('processes that share one %s', (on) => {
  const address: StoreAddress = { on, path: join(folder, `${on}.db`), prefix }
  let store: TokenStore
  let clean = async (): Promise<void> => {}

  beforeAll(async () => {
    ;({ store, clean } = await openStore(address))
  }, 60_000)
  afterAll(() => clean())

  async function stage(onTestFinished: TestContext['onTestFinished']) {
    const name = `stage-${stages++}`
    const { authorization, token } = server.endpoints
    const issuer = 'https://accounts.spotify.com'
    const endpoints = { authorization, token }
    const site: Site = { address, providerId: name, issuer, endpoints, clientId: name, refresh }
    const connections = connectionsOf(site, store)
    onTestFinished(() => connections.close())
    await Promise.all(workers.map((worker) => worker.open(site)))
    return {
      site,
      connections,
      async connect(ownerId: string): Promise<void> {
        const tokens = server.fake.issue({ clientId: name })
        await connections.adopt({ ownerId, tokens: { ...tokens, expiresAt: Date.now() - 1 } })
      },
      fail: (rule: FaultRule) => server.fake.fail({ path: '/api/token', clientId: name, ...rule }),
      requests: () => server.fake.requests.matching({ path: '/api/token', clientId: name }),
      async record(ownerId: string): Promise<StoredConnection> {
        const found = await store.get({ provider: name, ownerId })
        if (found === undefined) throw new Error('no record')
        return found
      },
      callAll: async (ownerId: string, some: readonly Worker[] = workers, each = callers, timeout?: number) =>
        together(await Promise.all(some.map((worker) => worker.call({ site, ownerId, callers: each, timeout })))),
    }
  }

  test(`${processes} processes with ${callers} callers each make one token request and get the same token`, async ({
    onTestFinished,
  }) => {
    const { connect, callAll, requests } = await stage(onTestFinished)
    await connect('ada')
    const { tokens, errors, events } = await callAll('ada')
    expect(errors).toEqual({})
    expect(Object.values(tokens)).toEqual([processes * callers])
    expect(requests()).toHaveLength(1)
    expect(events).toEqual(['connection.refreshed'])
  }, 60_000)

  test('a token endpoint slower than the callers’ timeout is called once, and later callers get its response', async ({
    onTestFinished,
  }) => {
    const { connect, fail, callAll, requests } = await stage(onTestFinished)
    await connect('ada')
    fail({ delay: 2500 })
    const aborting = await callAll('ada', workers, 25, 300)
    expect(aborting).toMatchObject({ tokens: {}, errors: { TimeoutError: processes * 25 } })
    const { tokens, errors } = await callAll('ada', workers, 25)
    expect(errors).toEqual({})
    expect(Object.values(tokens)).toEqual([processes * 25])
    expect(requests()).toHaveLength(1)
  }, 60_000)

  test('a holder that is stopped keeps everybody out until its lease is over, and does no harm when it goes on', async ({
    onTestFinished,
  }) => {
    const { site, connections, connect, fail, callAll, requests, record } = await stage(onTestFinished)
    await connect('ada')
    const holder = fleet.launch()
    await holder.open(site)
    fail({ delay: 1500 })
    const held = holder.call({ site, ownerId: 'ada', callers: 5 })
    await vi.waitFor(() => expect(requests()).toHaveLength(1), { timeout: 20_000, interval: 10 })
    holder.stop()
    const readAt = Date.now()
    const { leaseLeft = Number.POSITIVE_INFINITY } = await record('ada')
    const { tokens, errors } = await callAll('ada', workers, 20)
    expect(errors).toEqual({})
    expect(Object.values(tokens)).toEqual([processes * 20])
    expect(requests()).toHaveLength(2)
    expect(requests()[1]?.at).toBeGreaterThanOrEqual(readAt + leaseLeft)
    holder.resume()
    expect((await held).errors).toEqual({})
    expect((await callAll('ada', [...workers, holder], 1)).errors).toEqual({})
    expect(requests()).toHaveLength(2)
    expect((await connections.get('ada'))?.status).toBe('connected')
    await holder.kill()
  }, 60_000)

  test('a holder that is killed is followed by one other when its lease is over', async ({ onTestFinished }) => {
    const { site, connect, fail, callAll, requests, record } = await stage(onTestFinished)
    await connect('ada')
    const holder = fleet.launch()
    await holder.open(site)
    fail({ delay: 3000 })
    holder.call({ site, ownerId: 'ada', callers: 5 }).catch(() => {})
    await vi.waitFor(() => expect(requests()).toHaveLength(1), { timeout: 20_000, interval: 10 })
    await holder.kill()
    const readAt = Date.now()
    const { leaseLeft = Number.POSITIVE_INFINITY } = await record('ada')
    const { tokens, errors } = await callAll('ada', workers, 20)
    expect(errors).toEqual({})
    expect(Object.values(tokens)).toEqual([processes * 20])
    expect(requests()).toHaveLength(2)
    expect(requests()[1]?.at).toBeGreaterThanOrEqual(readAt + leaseLeft)
  }, 60_000)

  test('the monitors of all processes share the work without doing any of it twice', async ({ onTestFinished }) => {
    const { site, connect, requests } = await stage(onTestFinished)
    const due = 80
    await Promise.all(Array.from({ length: due }, (_, index) => connect(`owner-${index}`)))
    let total = 0
    // A process that the machine stops for too long gives a lease back: the connection is left to a later sweep.
    await vi.waitFor(
      async () => {
        const sweeps = await Promise.all(workers.map((worker) => worker.call({ site, callers: 0 })))
        const { refreshed, errors } = together(sweeps)
        expect(errors).toEqual({})
        total += refreshed
        expect(total).toBe(due)
      },
      { timeout: 40_000, interval: 500 },
    )
    expect(requests()).toHaveLength(due)
  }, 60_000)
})
