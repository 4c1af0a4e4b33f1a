import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Connections, createConnections } from '../../../src/connections/connections.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import { localKms } from '../../../src/vault/kms/local.ts'
import { createVault } from '../../../src/vault/vault.ts'
import { type OidcServer, startOidcServer } from '../../support/oidc-server.ts'
import { available } from '../../support/services.ts'
import { createFleet, together, type Worker } from '../support/fleet.ts'
import { openStore, type StoreName } from '../support/stores.ts'
import { connectionsOf, type Site } from '../support/worker.ts'
import { cookieHeader, loginKey, vaultKey } from '../support/world.ts'

const processes = 8
const callers = 100
const rounds = 5

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-oidc-'))
const fleet = createFleet()
let workers: Worker[] = []

beforeAll(() => {
  workers = Array.from({ length: processes }, () => fleet.launch())
})
afterAll(async () => {
  await fleet.end()
  rmSync(folder, { recursive: true })
})

const stores: [StoreName, boolean][] = [
  ['SQLite', true],
  ['PostgreSQL', await available('postgres')],
  ['MariaDB', await available('mariadb')],
  ['Redis', await available('redis')],
]
const cases = stores.flatMap(([on, present]) => (present ? [true, false].map((rotate) => ({ on, rotate })) : []))

/** An authorization server that ends a grant as soon as a spent refresh token comes a second time. */
describe.each(cases)('against oidc-provider, on $on, rotation: $rotate', ({ on, rotate }) => {
  let server: OidcServer
  let store: TokenStore
  let clean = async (): Promise<void> => {}
  let connections: Connections
  let site: Site

  beforeAll(async () => {
    server = await startOidcServer({ rotate })
    const prefix = `oidc_${Math.random().toString(36).slice(2, 10)}_`
    const address = { on, path: join(folder, `${on}-${rotate}.db`), prefix }
    ;({ store, clean } = await openStore(address))
    site = {
      address,
      providerId: server.provider.id,
      issuer: server.provider.issuer,
      endpoints: server.provider.endpoints,
      clientId: server.clientId,
      refresh: { timeout: 5000, lease: 8000 },
    }
    connections = connectionsOf(site, store)
    await Promise.all(workers.map((worker) => worker.open(site)))
  }, 60_000)
  afterAll(async () => {
    await connections.close()
    await clean()
    await server.close()
  })

  async function signIn(ownerId: string): Promise<string> {
    const { url, setCookies } = await connections.begin({ ownerId, scopes: ['openid', 'library'] })
    const callback = await server.approve(url)
    await connections.complete({ ownerId, url: callback, cookies: cookieHeader(setCookies) })
    return await connections.accessToken(ownerId)
  }
  const refreshes = () => server.grants.filter(({ type }) => type === 'refresh_token')

  test(`${rounds} bursts of ${processes * callers} callers whose token was rejected make ${rounds} requests`, async () => {
    const ownerId = 'alice'
    let rejected = await signIn(ownerId)
    for (let round = 1; round <= rounds; round++) {
      const order = { site, ownerId, callers, rejected }
      const { tokens, errors } = together(await Promise.all(workers.map((worker) => worker.call(order))))
      expect(errors).toEqual({})
      expect(Object.values(tokens)).toEqual([processes * callers])
      expect(refreshes()).toEqual(Array.from({ length: round }, () => ({ type: 'refresh_token', ok: true })))
      rejected = Object.keys(tokens)[0] ?? ''
    }
  }, 60_000)

  test('a disconnect revokes the grant at the server', async () => {
    const ownerId = 'bob'
    await signIn(ownerId)
    const kept = await store.get({ provider: site.providerId, ownerId })
    if (kept === undefined) throw new Error('no record')
    expect(await connections.disconnect(ownerId)).toEqual({ removed: true })
    await store.compareAndSet(kept, undefined, { ...kept, expiresAt: 0 })
    await expect(connections.accessToken(ownerId)).rejects.toMatchObject({ code: 'CONNECTION_NEEDS_REAUTH' })
  })
})

test('a refresh that loses its record to a disconnect revokes what it was given', async () => {
  const server = await startOidcServer({ rotate: true })
  const store = memoryStore()
  let disconnected = false
  const revocations: string[] = []
  const connections = createConnections({
    provider: server.provider,
    clientId: server.clientId,
    redirectUri: server.redirectUri,
    vault: createVault({ kms: localKms({ keyId: 'test', key: vaultKey }) }),
    loginKeys: [loginKey],
    store: {
      ...store,
      async compareAndSet(id, expected, next, options) {
        if (next?.status === 'connected' && next.refreshedAt !== undefined && !disconnected) {
          disconnected = true
          await store.compareAndSet(id, expected, undefined)
        }
        return await store.compareAndSet(id, expected, next, options)
      },
    },
    async fetch(input, init) {
      const response = await fetch(input, init)
      if (String(input) === server.provider.endpoints.revocation) revocations.push(`${response.status}`)
      return response
    },
  })
  const { url, setCookies } = await connections.begin({ ownerId: 'eve', scopes: ['openid', 'library'] })
  const callback = await server.approve(url)
  await connections.complete({ ownerId: 'eve', url: callback, cookies: cookieHeader(setCookies) })
  const rejected = await connections.accessToken('eve')
  await expect(connections.accessToken('eve', { rejected })).rejects.toMatchObject({ code: 'CONNECTION_NOT_FOUND' })
  await vi.waitFor(() => expect(revocations).toEqual(['200']))
  await connections.close()
  await server.close()
})
