import { expect, test } from 'vitest'
import { createStagedoor, createVault, localKms, memoryStore, type SpotifyApiError } from '../../src/index.ts'
import { createFakeSpotify } from '../../src/testing/index.ts'
import { hosts } from './support/hosts.ts'
import { Browser, paths } from './support/world.ts'

const random = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32))

test('a call that lacks a scope names it, auth?scope= requests it in addition, and the call works', async () => {
  const fake = createFakeSpotify()
  await using stagedoor = createStagedoor({
    clientId: 'test-client',
    redirectUri: `http://127.0.0.1:3000${paths.callback}`,
    scopes: ['user-library-read'],
    store: memoryStore(),
    vault: createVault({ kms: localKms({ keyId: 'test', key: random() }) }),
    loginKeys: [random()],
    fetch: fake.fetch,
  })
  const host = await hosts[0]!.start(stagedoor, { scopes: ['user-top-read', 'user-follow-read'] })
  const alice = new Browser(host, 'alice')
  await alice.open(await alice.consent(fake))
  const client = stagedoor.client('alice')
  expect((await client.library.tracks().page()).items.length).toBeGreaterThan(0)

  const error = await client.me
    .topTracks()
    .page()
    .then(
      () => undefined,
      (reason: SpotifyApiError) => reason,
    )
  expect(error).toMatchObject({ code: 'API_MISSING_SCOPE', scopes: ['user-top-read'], retryable: false })

  const scope = encodeURIComponent(error!.scopes!.join(' '))
  await alice.open(await alice.consent(fake, { query: `?scope=${scope}&returnTo=/top` }))
  expect((await stagedoor.connections.get('alice'))?.scopes.toSorted()).toEqual(['user-library-read', 'user-top-read'])
  expect((await client.me.topTracks().page()).items.length).toBeGreaterThan(0)
  expect((await client.library.tracks().page()).items.length).toBeGreaterThan(0)
})
