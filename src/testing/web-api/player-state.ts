import type { FakeDevice, Player } from '../player.ts'
import { empty, json } from '../response.ts'
import type { ApiCall } from './operation.ts'
import { integerParameter, limitOf } from './paging.ts'
import { playable, wantsEpisodes } from './playlist-object.ts'
import { badRequest } from './refusal.ts'

function deviceObject(player: Player, device: FakeDevice): Record<string, unknown> {
  return {
    id: device.id,
    is_active: device.id === player.activeDeviceId,
    is_private_session: false,
    is_restricted: false,
    name: device.name,
    supports_volume: device.volume !== null,
    type: device.type,
    volume_percent: device.volume,
  }
}

export function devices(call: ApiCall): Response {
  const { player } = call.user
  return json(200, { devices: player.devices.map((device) => deviceObject(player, device)) })
}

function contextObject(call: ApiCall, uri: string | undefined): Record<string, unknown> | null {
  if (uri === undefined) return null
  const [, type = '', id = ''] = uri.split(':')
  return {
    type,
    href: `${call.view.api}/${type}s/${id}`,
    external_urls: { spotify: `https://open.spotify.com/${type}/${id}` },
    uri,
  }
}

function playing(call: ApiCall): Record<string, unknown> | undefined {
  const { player } = call.user
  const at = call.state.clock.now()
  const current = player.now(at)
  if (current === undefined) return undefined
  const episode = current.uri.startsWith('spotify:episode:')
  return {
    timestamp: current.since,
    context: contextObject(call, player.contextUri),
    progress_ms: current.progress,
    item: playable(call, current.uri, wantsEpisodes(call)),
    currently_playing_type: episode ? 'episode' : 'track',
    actions: {
      disallows: {
        ...(player.playing ? { resuming: true } : { pausing: true }),
        ...(player.hasPrevious ? {} : { skipping_prev: true }),
      },
    },
    is_playing: player.playing,
  }
}

export function playbackState(call: ApiCall): Response {
  const { player } = call.user
  const current = playing(call)
  if (player.device === undefined || current === undefined) return empty(204)
  const { shuffle, repeat, device } = player
  return json(200, {
    device: deviceObject(player, device),
    shuffle_state: shuffle,
    smart_shuffle: false,
    repeat_state: repeat,
    ...current,
  })
}

export function currentlyPlaying(call: ApiCall): Response {
  const current = playing(call)
  return current === undefined ? empty(204) : json(200, current)
}

export function queue(call: ApiCall): Response {
  const { player } = call.user
  const current = player.now(call.state.clock.now())
  const render = (uri: string): unknown => playable(call, uri, true)
  return json(200, {
    currently_playing: current === undefined ? null : render(current.uri),
    queue: current === undefined ? [] : player.upcoming().map(render),
  })
}

/** Cursors are times in milliseconds; `after` and `before` exclude each other. */
export function recentlyPlayed(call: ApiCall): Response {
  const limit = limitOf(call, {})
  const timeParameter = (name: string): number | undefined => {
    const text = call.query.get(name)
    return text === null ? undefined : integerParameter(text, 0, 0, Number.MAX_SAFE_INTEGER, `Invalid ${name}`)
  }
  const after = timeParameter('after')
  const before = timeParameter('before')
  if (after !== undefined && before !== undefined) throw badRequest('Only one of after and before can be specified')
  call.user.player.now(call.state.clock.now())
  const history = call.user.player.history()
  const matching = history.filter(
    ({ playedAt }) => (after === undefined || playedAt > after) && (before === undefined || playedAt < before),
  )
  const entries = after === undefined ? matching.slice(0, limit) : matching.slice(-limit)
  const newest = entries[0]?.playedAt
  const oldest = entries.at(-1)?.playedAt
  const address = `${call.view.api}${call.path}`
  const more = entries.length < matching.length
  const next = after === undefined ? `before=${oldest}` : `after=${newest}`
  return json(200, {
    items: entries.map(({ uri, playedAt, contextUri }) => ({
      track: playable(call, uri, false),
      played_at: new Date(playedAt).toISOString(),
      context: contextObject(call, contextUri),
    })),
    next: more ? `${address}?${next}&limit=${limit}` : null,
    cursors: entries.length === 0 ? null : { after: String(newest), before: String(oldest) },
    limit,
    href: `${address}?${call.query.size > 0 ? call.query : `limit=${limit}`}`,
  })
}
