import { type Connections, createConnections } from '../../../src/connections/connections.ts'
import type { RefreshOptions } from '../../../src/connections/options.ts'
import { defineProvider, type ProviderEndpoints } from '../../../src/oauth/provider.ts'
import type { StoredConnection, TokenStore } from '../../../src/stores/store.ts'
import { localKms } from '../../../src/vault/kms/local.ts'
import { createVault } from '../../../src/vault/vault.ts'
import { openStore, type StoreAddress } from './stores.ts'
import { loginKey, vaultKey } from './world.ts'

/** Everything that processes which share connections must agree on, as plain data. */
export interface Site {
  readonly address: StoreAddress
  readonly providerId: string
  readonly issuer: string
  readonly endpoints: ProviderEndpoints
  readonly clientId: string
  readonly refresh: RefreshOptions
}

/** Where a worker kills itself during a refresh. */
export type CrashPoint = 'before the request' | 'after the response' | 'after the write'

/** What a worker does: that many callers at once request one owner's access token; without an owner, a sweep. */
export interface Order {
  readonly site: Site
  readonly ownerId?: string | undefined
  readonly callers: number
  readonly rejected?: string | undefined
  /** Milliseconds after which every caller aborts. */
  readonly timeout?: number | undefined
  readonly crash?: CrashPoint | undefined
}

/** What the callers got: each different token and each error's code or name, with how often. */
export interface Report {
  readonly tokens: Readonly<Record<string, number>>
  readonly errors: Readonly<Record<string, number>>
  readonly events: readonly string[]
  readonly refreshed: number
}

const die = (): never => {
  process.kill(process.pid, 'SIGKILL')
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
}

export function connectionsOf(site: Site, store: TokenStore, crash?: CrashPoint): Connections {
  const writes = (next: StoredConnection | undefined): boolean => next !== undefined && next.refreshedAt !== undefined
  return createConnections({
    provider: defineProvider({
      id: site.providerId,
      issuer: site.issuer,
      endpoints: site.endpoints,
      defaultScopes: [],
      grantMonths: 6,
    }),
    clientId: site.clientId,
    redirectUri: 'http://127.0.0.1/callback',
    vault: createVault({ kms: localKms({ keyId: 'test', key: vaultKey }) }),
    loginKeys: [loginKey],
    refresh: site.refresh,
    store: {
      ...store,
      async compareAndSet(id, expected, next, options) {
        const won = await store.compareAndSet(id, expected, next, options)
        if (crash === 'after the write' && won && next?.status !== 'removed' && writes(next)) die()
        return won
      },
    },
    async fetch(input, init) {
      if (crash === 'before the request') die()
      const response = await fetch(input, init)
      if (crash === 'after the response') {
        await response.clone().text()
        die()
      }
      return response
    },
  })
}

interface Place {
  readonly connections: Connections
  readonly events: string[]
}
const stores = new Map<string, Promise<TokenStore>>()
const places = new Map<string, Place>()

async function place({ site, crash }: Order): Promise<Place> {
  const key = JSON.stringify([site, crash])
  const known = places.get(key)
  if (known !== undefined) return known
  const where = JSON.stringify(site.address)
  const opening = stores.get(where) ?? openStore(site.address).then(({ store }) => store)
  stores.set(where, opening)
  const connections = connectionsOf(site, await opening, crash)
  const events: string[] = []
  for (const event of ['connection.refreshed', 'connection.recovered', 'connection.needs_reauth'] as const) {
    connections.on(event, () => events.push(event))
  }
  const opened = { connections, events }
  places.set(key, opened)
  return opened
}

async function obey(order: Order): Promise<Report> {
  const { connections, events } = await place(order)
  events.length = 0
  const { ownerId, callers, rejected, timeout } = order
  if (ownerId === undefined) {
    const { refreshed } = await connections.monitor({ pageSize: 20 }).runOnce()
    return { tokens: {}, errors: {}, events: [...events], refreshed }
  }
  const tokens: Record<string, number> = {}
  const errors: Record<string, number> = {}
  const count = (record: Record<string, number>, key: string): void => {
    record[key] = (record[key] ?? 0) + 1
  }
  const call = async (): Promise<void> => {
    const signal = timeout === undefined ? undefined : AbortSignal.timeout(timeout)
    try {
      count(tokens, await connections.accessToken(ownerId, { rejected, signal }))
    } catch (error) {
      const { code, name } = error as { code?: unknown; name: string }
      count(errors, typeof code === 'string' ? code : name)
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  return { tokens, errors, events: [...events], refreshed: 0 }
}

if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  process.on('message', async ({ id, order }: { id: number; order: Order | Site }) => {
    // A site alone is opened beforehand, so that the callers of all processes begin together.
    if (!('callers' in order)) await place({ site: order, callers: 0 })
    const report = 'callers' in order ? await obey(order) : undefined
    process.send?.({ id, report })
  })
  process.once('disconnect', () => process.exit())
}
