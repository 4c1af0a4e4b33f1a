import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Connections } from '../../src/connections/connections.ts'
import type { StoredConnection, TokenStore } from '../../src/stores/store.ts'
import { type FakeSpotifyServer, startFakeSpotify } from '../../src/testing/server.ts'
import { available } from '../services.ts'
import { createFleet, together, type Worker } from './support/fleet.ts'
import { openStore, type StoreName } from './support/stores.ts'
import { connectionsOf, type Site } from './support/worker.ts'

const processes = 8
const callers = 100
const timeout = 1500
const lease = 2500

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-refresh-'))
const prefix = `conn_${Math.random().toString(36).slice(2, 10)}_`
const fleet = createFleet()
let workers: Worker[] = []
let server: FakeSpotifyServer

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

describe.each(stores.filter(([, present]) => present))('processes that share one %s', (on) => {
  let store: TokenStore
  let clean = async (): Promise<void> => {}
  let connections: Connections
  let site: Site
  let owners = 0

  beforeAll(async () => {
    const address = { on, path: join(folder, `${on}.db`), prefix }
    ;({ store, clean } = await openStore(address))
    const { authorization, token } = server.endpoints
    site = {
      address,
      providerId: 'spotify',
      issuer: 'https://accounts.spotify.com',
      endpoints: { authorization, token },
      clientId: 'test-client',
      refresh: { timeout, lease },
    }
    connections = connectionsOf(site, store)
    await Promise.all(workers.map((worker) => worker.open(site)))
  }, 60_000)
  afterAll(async () => {
    await connections.close()
    await clean()
  })

  async function connect(): Promise<string> {
    const ownerId = `owner-${owners++}`
    const tokens = server.fake.issue()
    await connections.adopt({ ownerId, tokens: { ...tokens, expiresAt: Date.now() - 1 } })
    server.fake.requests.clear()
    return ownerId
  }
  const requests = () => server.fake.requests.matching({ path: '/api/token' })
  const record = async (ownerId: string): Promise<StoredConnection> => {
    const found = await store.get({ provider: 'spotify', ownerId })
    if (found === undefined) throw new Error('no record')
    return found
  }
  const callAll = async (ownerId: string, some: readonly Worker[] = workers, each = callers) =>
    together(await Promise.all(some.map((worker) => worker.call({ site, ownerId, callers: each }))))

  test(`${processes} processes with ${callers} callers each make one token request and get the same token`, async () => {
    const ownerId = await connect()
    const { tokens, errors, events } = await callAll(ownerId)
    expect(errors).toEqual({})
    expect(Object.values(tokens)).toEqual([processes * callers])
    expect(requests()).toHaveLength(1)
    expect(events).toEqual(['connection.refreshed'])
  }, 60_000)

  test('a token endpoint slower than the callers’ patience is asked once, and later callers get its answer', async () => {
    const ownerId = await connect()
    server.fake.fail({ path: '/api/token', delay: 1000 })
    const patience = 300
    const impatient = together(
      await Promise.all(workers.map((worker) => worker.call({ site, ownerId, callers: 25, patience }))),
    )
    expect(impatient).toMatchObject({ tokens: {}, errors: { TimeoutError: processes * 25 } })
    const { tokens, errors } = await callAll(ownerId, workers, 25)
    expect(errors).toEqual({})
    expect(Object.values(tokens)).toEqual([processes * 25])
    expect(requests()).toHaveLength(1)
  }, 60_000)

  test('a holder that is stopped keeps everybody out until its lease is over, and does no harm when it goes on', async () => {
    const ownerId = await connect()
    const [holder, ...others] = workers as [Worker, ...Worker[]]
    server.fake.fail({ path: '/api/token', delay: 300 })
    const held = holder.call({ site, ownerId, callers: 5 })
    await vi.waitFor(() => expect(requests()).toHaveLength(1), { timeout: 10_000, interval: 10 })
    holder.stop()
    const { lease: taken } = await record(ownerId)
    const { tokens, errors } = await callAll(ownerId, others, 20)
    expect(errors).toEqual({})
    expect(Object.values(tokens)).toEqual([others.length * 20])
    expect(requests()).toHaveLength(2)
    expect(requests()[1]?.at).toBeGreaterThanOrEqual(taken?.until ?? Number.POSITIVE_INFINITY)
    holder.resume()
    expect((await held).errors).toEqual({})
    expect((await callAll(ownerId, workers, 1)).errors).toEqual({})
    expect(requests()).toHaveLength(2)
    expect((await connections.get(ownerId))?.status).toBe('connected')
  }, 60_000)

  test('a holder that is killed is followed by one other when its lease is over', async () => {
    const ownerId = await connect()
    const holder = fleet.launch()
    server.fake.fail({ path: '/api/token', delay: 800 })
    holder.call({ site, ownerId, callers: 5 }).catch(() => {})
    await vi.waitFor(() => expect(requests()).toHaveLength(1), { timeout: 20_000, interval: 10 })
    await holder.kill()
    const { lease: taken } = await record(ownerId)
    const { tokens, errors } = await callAll(ownerId, workers, 20)
    expect(errors).toEqual({})
    expect(Object.values(tokens)).toEqual([processes * 20])
    expect(requests()).toHaveLength(2)
    expect(requests()[1]?.at).toBeGreaterThanOrEqual(taken?.until ?? Number.POSITIVE_INFINITY)
  }, 60_000)

  test('the monitors of all processes share the work without doing any of it twice', async () => {
    const due = 80
    await Promise.all(Array.from({ length: due }, connect))
    const { refreshed, errors } = together(
      await Promise.all(workers.map((worker) => worker.call({ site, callers: 0 }))),
    )
    expect(errors).toEqual({})
    expect(refreshed).toBe(due)
    expect(requests()).toHaveLength(due)
  }, 60_000)
})
