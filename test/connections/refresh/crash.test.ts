import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, type TestContext, test, vi } from 'vitest'
import type { Connections } from '../../../src/connections/connections.ts'
import { sqliteStore } from '../../../src/stores/sqlite.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import type { Rotation } from '../../../src/testing/options.ts'
import { type FakeSpotifyServer, startFakeSpotify } from '../../../src/testing/server.ts'
import { createFleet, type Worker } from '../support/fleet.ts'
import { type CrashPoint, connectionsOf, type Site } from '../support/worker.ts'

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-crash-'))
const fleet = createFleet()
const refresh = { timeout: 2000, lease: 3000 }
const ownerId = 'ada'
let files = 0
let survivor: Worker

beforeAll(() => {
  survivor = fleet.launch()
})
afterAll(async () => {
  await fleet.end()
  rmSync(folder, { recursive: true })
})

interface Scene {
  readonly server: FakeSpotifyServer
  readonly store: TokenStore
  readonly connections: Connections
  readonly site: Site
  requests(): number
}
/** An owner whose access token has expired, in a SQLite file of its own. */
async function scene(rotation: Rotation, { onTestFinished }: TestContext): Promise<Scene> {
  const server = await startFakeSpotify({ rotation })
  const path = join(folder, `${files++}.db`)
  const store = sqliteStore(path)
  const { authorization, token } = server.endpoints
  const site: Site = {
    address: { on: 'SQLite', path, prefix: '' },
    providerId: 'spotify',
    issuer: 'https://accounts.spotify.com',
    endpoints: { authorization, token },
    clientId: 'test-client',
    refresh,
  }
  const connections = connectionsOf(site, store)
  await connections.adopt({ ownerId, tokens: { ...server.fake.issue(), expiresAt: Date.now() - 1 } })
  await survivor.open(site)
  const requests = () => server.fake.requests.matching({ path: '/api/token' }).length
  const made = { server, store, connections, site, requests }
  onTestFinished(async () => {
    await connections.close()
    await store.close()
    await server.close()
  })
  return made
}

const record = async ({ store }: Scene) => await store.get({ provider: 'spotify', ownerId })

async function crash(at: Scene, point: CrashPoint | 'after the request'): Promise<void> {
  const worker = fleet.launch()
  if (point !== 'after the request') {
    worker.call({ site: at.site, ownerId, callers: 3, crash: point }).catch(() => {})
    await worker.ended
    return
  }
  at.server.fake.fail({ path: '/api/token', delay: 1200 })
  worker.call({ site: at.site, ownerId, callers: 3 }).catch(() => {})
  await vi.waitFor(() => expect(at.requests()).toBe(1), { timeout: 20_000, interval: 10 })
  await worker.kill()
  await vi.waitFor(() => expect(at.server.fake.requests.last?.status).toBeDefined(), { timeout: 5000 })
}

// Side by side, since they mostly wait for leases to end.
describe.concurrent('a process that is killed while it refreshes', () => {
  test.for([
    ['before the request', 'never', 1],
    ['after the request', 'never', 2],
    ['after the response', 'never', 2],
    ['before the request', 'always', 1],
  ] as const)(
    '%s (rotation: %s) loses nothing: another refreshes when the lease is over',
    async ([point, rotation, made], context) => {
      const at = await scene(rotation, context)
      await crash(at, point)
      const readAt = Date.now()
      const taken = await record(at)
      expect(taken?.lease).toBeDefined()
      const { tokens, errors } = await survivor.call({ site: at.site, ownerId, callers: 10 })
      expect(errors).toEqual({})
      expect(Object.values(tokens)).toEqual([10])
      expect(at.requests()).toBe(made)
      expect(at.server.fake.requests.last?.at).toBeGreaterThanOrEqual(
        readAt + (taken?.leaseLeft ?? Number.POSITIVE_INFINITY),
      )
      expect((await at.connections.get(ownerId))?.status).toBe('connected')
    },
  )

  test.for(['never', 'always'] as const)(
    'after the write (rotation: %s) loses nothing, and no process requests again',
    async (rotation, context) => {
      const at = await scene(rotation, context)
      await crash(at, 'after the write')
      const { tokens, errors } = await survivor.call({ site: at.site, ownerId, callers: 10 })
      expect(errors).toEqual({})
      expect(Object.values(tokens)).toEqual([10])
      expect(at.requests()).toBe(1)
      const rejected = Object.keys(tokens)[0]
      expect((await survivor.call({ site: at.site, ownerId, callers: 1, rejected })).errors).toEqual({})
    },
  )

  test.for(['after the request', 'after the response'] as const)(
    '%s takes a rotated refresh token with it: the user must sign in again, and the old tokens stay for the record',
    async (point, context) => {
      const at = await scene('always', context)
      await crash(at, point)
      const { tokens, errors, events } = await survivor.call({ site: at.site, ownerId, callers: 10 })
      expect(tokens).toEqual({})
      expect(errors).toEqual({ CONNECTION_NEEDS_REAUTH: 10 })
      expect(events).toEqual(['connection.needs_reauth'])
      expect(await record(at)).toMatchObject({ status: 'needs_reauth', refreshToken: { version: 1 } })
      expect(at.requests()).toBe(2)
    },
  )
})

test('a process that was stopped with a rotated token on its way brings the connection back', async (context) => {
  const at = await scene('always', context)
  const holder = fleet.launch()
  at.server.fake.fail({ path: '/api/token', delay: 1000 })
  const held = holder.call({ site: at.site, ownerId, callers: 5 })
  await vi.waitFor(() => expect(at.requests()).toBe(1), { timeout: 20_000, interval: 10 })
  holder.stop()
  const meanwhile = await survivor.call({ site: at.site, ownerId, callers: 5 })
  expect(meanwhile.errors).toEqual({ CONNECTION_NEEDS_REAUTH: 5 })
  expect((await record(at))?.status).toBe('needs_reauth')
  holder.resume()
  const { tokens, errors, events } = await held
  expect(errors).toEqual({})
  expect(Object.values(tokens)).toEqual([5])
  expect(events).toEqual(['connection.refreshed', 'connection.recovered'])
  expect(await survivor.call({ site: at.site, ownerId, callers: 5 })).toMatchObject({ tokens, errors: {} })
  expect(at.requests()).toBe(2)
})
