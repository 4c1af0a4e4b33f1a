import { SpotifyClient } from '@soundify/web-api'
import { SpotifyApi } from '@spotify/web-api-ts-sdk'
import SpotifyWebApi from 'spotify-web-api-node'
import { adaptiveLimiter, createSpotify, createStagedoor, createVault, localKms } from '../../dist/index.js'
import { sqliteStore } from '../../dist/stores/sqlite.js'
import { fetchTo, redirectHttps, startApi } from '../lib/api.ts'
import { compared } from '../lib/compare.ts'
import { pinToCores } from '../lib/cores.ts'
import { againstFloor, type Subject } from '../lib/measure.ts'
import type { Context, Row } from '../lib/rows.ts'
import { temporaryFile } from '../lib/temporary.ts'

export const about =
  'GET one track from a loopback server in another process; the floor is a bare fetch and JSON.parse. Client and server keep to a core each, where the machine has two and the command taskset.'

const token = 'constant-token'

export async function* run({ note }: Context): AsyncGenerator<Row> {
  const api = await startApi()
  const { origin, trackId } = api.ready
  const undo = redirectHttps(origin)
  const database = temporaryFile('client.db')
  const limiter = adaptiveLimiter({ initialCeiling: 1e6, maxConcurrent: 64 })
  const spotify = createSpotify({ limiter, endpoints: { api: `${origin}/v1` } })
  const stagedoor = createStagedoor({
    clientId: 'bench',
    redirectUri: 'http://127.0.0.1/callback',
    store: sqliteStore(database.path),
    vault: createVault({ kms: localKms({ keyId: 'bench', key: crypto.getRandomValues(new Uint8Array(32)) }) }),
    loginKeys: [crypto.getRandomValues(new Uint8Array(32))],
    limiter,
    endpoints: { authorization: `${origin}/authorize`, token: `${origin}/api/token`, api: `${origin}/v1` },
  })
  const tokens = {
    accessToken: token,
    refreshToken: 'r',
    expiresAt: Date.now() + 3_600_000,
    scopes: ['user-library-read'],
  }
  await stagedoor.connections.adopt({ ownerId: 'ann', tokens, accountId: 'ada' })
  const constant = spotify.as(async () => token)
  const connected = stagedoor.client('ann')

  const floor: Subject = async () => {
    const response = await fetch(`${origin}/v1/tracks/${trackId}`, { headers: { authorization: `Bearer ${token}` } })
    return JSON.parse(await response.text())
  }
  const own = {
    'ours, constant token': () => constant.tracks.get(trackId),
    'ours, vault and SQLite': () => connected.tracks.get(trackId),
  }
  const subjects: Record<string, Subject> = { ...own, ...peers(origin, trackId) }
  const apart = pinToCores(api.process.pid as number)
  try {
    note('50 in flight')
    const parallel = await againstFloor(floor, subjects, { calls: 12, warmUp: 12 }, 50)
    yield* compared('client', 'one track, 50 in flight', parallel, 'µs', {
      subject: 'ours, constant token',
      atMost: 1.25,
    })
    note('serial')
    yield* compared(
      'client',
      'one track, serial',
      await againstFloor(floor, subjects, { calls: 250, warmUp: 20 }),
      'µs',
      { subject: 'ours, constant token', atMost: 1.12 },
      { subject: 'ours, vault and SQLite', atMost: 1.65 },
    )
    apart.release()
    if (apart.done) {
      note('on any core')
      const anywhere = await againstFloor(floor, own, { calls: 250 })
      yield* compared('client', 'one track, serial, on any core', anywhere, 'µs')
    }
  } finally {
    undo()
    apart.release()
    await stagedoor.close()
    await spotify.close()
    await limiter.close()
    await api.stop()
    database.remove()
  }
}

function peers(origin: string, trackId: string): Record<string, Subject> {
  const official = SpotifyApi.withAccessToken(
    'bench',
    { access_token: token, token_type: 'Bearer', expires_in: 3600, refresh_token: '' },
    { fetch: fetchTo(origin) as never },
  )
  const soundify = new SpotifyClient(token, { baseUrl: `${origin}/` })
  const node = new SpotifyWebApi({ accessToken: token })
  return {
    '@spotify/web-api-ts-sdk': () => official.tracks.get(trackId),
    '@soundify/web-api': async () => (await soundify.fetch(`/v1/tracks/${trackId}`)).json(),
    'spotify-web-api-node': () => node.getTrack(trackId),
  }
}
