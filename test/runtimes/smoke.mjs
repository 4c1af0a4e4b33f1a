import { createStagedoor, createVault, localKms, memoryStore } from 'stagedoor'
import { createFakeSpotify } from 'stagedoor/testing'

/**
 * The whole of the package once: sign in against the fake, seal, store, refresh, call, page, the endpoints.
 * @param {import('stagedoor').TokenStore} store
 * @returns what was found, the same on every runtime
 */
export async function smoke(store = memoryStore()) {
  let now = Date.UTC(2026, 10, 23, 12)
  const fake = createFakeSpotify({
    clock: () => now,
    users: [{ id: 'ann', displayName: 'Ann', library: { tracks: 120 } }],
  })
  const stagedoor = createStagedoor({
    clientId: 'test-client',
    redirectUri: 'http://127.0.0.1:3000/callback',
    loginKeys: [crypto.getRandomValues(new Uint8Array(32))],
    store,
    vault: createVault({
      kms: localKms({ keyId: 'main', key: crypto.getRandomValues(new Uint8Array(32)) }),
      now: () => now,
    }),
    fetch: fake.fetch,
    now: () => now,
  })

  const handler = stagedoor.handler({ owner: () => 'owner-1' })
  const base = 'http://127.0.0.1:3000/api/v1/spotify'
  const begin = await handler(new Request(`${base}/auth?returnTo=/library`))
  const cookies = begin.headers.getSetCookie().map((cookie) => cookie.split(';')[0])
  const callback = await fake.approve(begin.headers.get('location') ?? '')
  const complete = await handler(new Request(callback, { headers: { cookie: cookies.join('; ') } }))

  const record = await store.get({ provider: 'spotify', ownerId: 'owner-1' })
  const issued = fake.tokens.map(({ value }) => value)
  const stored = JSON.stringify(record)

  const client = stagedoor.client('owner-1')
  const me = await client.me.get()
  now += 3_600_000
  const tracks = await client.library.tracks().toArray({ concurrency: 4 })
  const refreshes = [...fake.requests].filter(({ grantType }) => grantType === 'refresh_token').length
  const refreshed = await store.get({ provider: 'spotify', ownerId: 'owner-1' })
  const health = await (await handler(new Request(`${base}/health`))).json()
  const { removed } = await stagedoor.connections.disconnect('owner-1')
  const gone = await client.me.get().catch((error) => error.code)
  await stagedoor.close()
  return {
    begin: begin.status,
    complete: [complete.status, complete.headers.get('location')],
    keyId: record?.accessToken.keyId,
    plaintextStored: issued.some((value) => stored.includes(value)),
    me: me.display_name,
    refreshes,
    refreshedNow: refreshed?.refreshedAt === now,
    tracks: [tracks.length, new Set(tracks.map(({ track }) => track.uri)).size],
    health: health.health?.status ?? health.status,
    removed,
    gone,
  }
}
