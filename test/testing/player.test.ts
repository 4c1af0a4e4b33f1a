import { describe, expect, it } from 'vitest'
import { createFakeSpotify } from '../../src/testing/index.ts'
import { callerOf } from './support/caller.ts'

const now = Date.UTC(2026, 9, 2, 12)

function world(user = 'ada') {
  const fake = createFakeSpotify({ clock: now, accessTokenLifetime: 86_400 })
  const call = callerOf(fake, { user })
  const [speaker, computer, television] = fake.state.users.get(user)!.player.devices.map(({ id }) => id)
  const uris = [1, 2, 3].map((index) => `spotify:track:${fake.state.catalogue.id('track', index)}`)
  return { fake, call, speaker, computer, television, uris }
}

describe('the player', () => {
  it('returns no state while nothing plays', async () => {
    const { call } = world()
    expect(await call('GET /me/player')).toMatchObject({ status: 204, text: '' })
    expect((await call('GET /me/player/currently-playing')).status).toBe(204)
    expect((await call('GET /me/player/devices')).body.devices).toHaveLength(3)
    expect((await call('GET /me/player/queue')).body).toEqual({ currently_playing: null, queue: [] })
  })

  it('needs a device and a user with Premium', async () => {
    const { call } = world()
    expect((await call('PUT /me/player/play')).body.error).toEqual({
      status: 404,
      message: 'Player command failed: No active device found',
      reason: 'NO_ACTIVE_DEVICE',
    })
    const free = world('ben')
    expect((await free.call('PUT /me/player/pause')).body.error.reason).toBe('PREMIUM_REQUIRED')
  })

  it('plays on as time passes', async () => {
    const { fake, call, speaker, uris } = world()
    expect((await call(`PUT /me/player/play?device_id=${speaker}`, { body: { uris } })).status).toBe(204)
    fake.clock.advance(10_000)
    const first = (await call('GET /me/player')).body
    expect(first).toMatchObject({
      is_playing: true,
      progress_ms: 10_000,
      item: { uri: uris[0] },
      device: { id: speaker },
    })
    fake.clock.advance(first.item.duration_ms)
    const second = (await call('GET /me/player')).body
    expect(second).toMatchObject({ progress_ms: 10_000, item: { uri: uris[1] } })
    expect((await call('GET /me/player/recently-played?limit=1')).body.items[0].track.uri).toBe(uris[0])
    fake.clock.advance(10_000_000)
    expect((await call('GET /me/player')).status).toBe(204)
  })

  it('pauses, seeks, skips, repeats, queues and moves to another device', async () => {
    const { fake, call, speaker, computer, uris } = world()
    await call(`PUT /me/player/play?device_id=${speaker}`, { body: { uris, offset: { uri: uris[1] } } })
    expect((await call('PUT /me/player/seek?position_ms=5000')).status).toBe(204)
    expect((await call('PUT /me/player/pause')).status).toBe(204)
    fake.clock.advance(60_000)
    expect((await call('GET /me/player')).body).toMatchObject({
      is_playing: false,
      progress_ms: 5000,
      item: { uri: uris[1] },
    })
    expect((await call('PUT /me/player/pause')).body.error.reason).toBe('ALREADY_PAUSED')
    expect((await call('PUT /me/player/play')).status).toBe(204)
    expect((await call(`POST /me/player/queue?uri=${uris[0]}`)).status).toBe(200)
    expect((await call('GET /me/player/queue')).body.queue.map(({ uri }: { uri: string }) => uri)).toEqual([
      uris[0],
      uris[2],
    ])
    await call('POST /me/player/next')
    expect((await call('GET /me/player/currently-playing')).body.item.uri).toBe(uris[0])
    expect((await call('PUT /me/player/repeat?state=track')).status).toBe(200)
    fake.clock.advance(10_000_000)
    expect((await call('GET /me/player')).body).toMatchObject({ repeat_state: 'track', item: { uri: uris[0] } })
    expect((await call('PUT /me/player', { body: { device_ids: [computer] } })).status).toBe(204)
    expect((await call('GET /me/player')).body.device.id).toBe(computer)
  })

  it('plays what a context holds', async () => {
    const { fake, call, speaker } = world()
    const album = fake.state.catalogue.id('album', 0)
    const context = `spotify:album:${album}`
    await call(`PUT /me/player/play?device_id=${speaker}`, { body: { context_uri: context, offset: { position: 2 } } })
    const { body } = await call('GET /me/player')
    expect(body.context).toMatchObject({ type: 'album', uri: context })
    expect(body.item).toMatchObject({ track_number: 3, album: { id: album } })
  })

  it('shuffles what comes next, and begins again at the end of a context', async () => {
    const { fake, call, speaker } = world()
    const context = fake.uri('artist', 0)
    await call(`PUT /me/player/shuffle?state=true&device_id=${speaker}`)
    await call('PUT /me/player/repeat?state=context')
    await call('PUT /me/player/play', { body: { context_uri: context, offset: { position: 3 } } })
    const order = async (): Promise<string[]> =>
      (await call('GET /me/player/queue')).body.queue.map(({ uri }: { uri: string }) => uri)
    const shuffled = await order()
    const { body } = await call('GET /me/player')
    expect(body).toMatchObject({ shuffle_state: true, item: { track_number: 4 } })
    await call('PUT /me/player/shuffle?state=false')
    await call('PUT /me/player/play', { body: { context_uri: context } })
    expect([...(await order())].sort()).not.toEqual(shuffled)
    const playing = async (): Promise<string> => (await call('GET /me/player')).body.item.uri
    const first = await playing()
    await call('POST /me/player/next')
    expect(await playing()).not.toBe(first)
    await call('POST /me/player/previous')
    expect(await playing()).toBe(first)
    const seen = new Set<string>()
    while (!seen.has(await playing())) {
      seen.add(await playing())
      await call('POST /me/player/next')
    }
    expect(await playing()).toBe(first)
    expect(seen.size).toBeGreaterThan(12)
  })

  it('refuses contexts, offsets and devices that are none', async () => {
    const { fake, call, speaker } = world()
    const play = async (body: object): Promise<number> =>
      (await call(`PUT /me/player/play?device_id=${speaker}`, { body })).status
    expect(await play({ context_uri: fake.uri('track', 1) })).toBe(400)
    expect(await play({ context_uri: `spotify:album:${'0'.repeat(22)}` })).toBe(404)
    expect(await play({ context_uri: fake.uri('album', 0), offset: { position: 99 } })).toBe(400)
    expect(await play({})).toBe(403)
    expect((await call('PUT /me/player/play?device_id=none')).body.error.message).toBe('Device not found')
    expect((await call('PUT /me/player', { body: { device_ids: [] } })).status).toBe(400)
  })

  it('plays local files, also badly named ones', async () => {
    const { call, speaker } = world()
    const uris = ['spotify:local:%zz:::x']
    await call(`PUT /me/player/play?device_id=${speaker}`, { body: { uris } })
    expect((await call('GET /me/player')).body.item).toMatchObject({ is_local: true, uri: uris[0], duration_ms: 0 })
  })

  it('cannot turn up what has no volume', async () => {
    const { call, television, speaker } = world()
    expect((await call(`PUT /me/player/volume?volume_percent=10&device_id=${television}`)).body.error.reason).toBe(
      'VOLUME_CONTROL_DISALLOW',
    )
    expect((await call(`PUT /me/player/volume?volume_percent=10&device_id=${speaker}`)).status).toBe(204)
    expect((await call('PUT /me/player/volume?volume_percent=101')).status).toBe(400)
  })

  it('responds to some commands with text that is no JSON, as for new applications', async () => {
    const { fake, call, speaker } = world()
    const reply = await call(`PUT /me/player/shuffle?state=true&device_id=${speaker}`)
    expect(reply).toMatchObject({ status: 200, body: undefined, text: expect.stringMatching(/^\w{32}$/) })
    fake.state.appMode = 'extended'
    expect(await call('PUT /me/player/shuffle?state=false')).toMatchObject({ status: 204, text: '' })
  })
})
