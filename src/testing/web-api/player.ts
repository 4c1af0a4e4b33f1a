import type { FakeDevice, Player } from '../player.ts'
import { base62String } from '../random.ts'
import { empty, text } from '../response.ts'
import { bodyObject, parseUri, textList } from './ids.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { integerParameter } from './paging.ts'
import { currentlyPlaying, devices, playbackState, queue, recentlyPlayed } from './player-state.ts'
import { badRequest, notFound, Refusal } from './refusal.ts'

/** The device that a command is for. It becomes the active device. */
function targetDevice(
  call: ApiCall,
  id = call.query.get('device_id'),
): { readonly player: Player; readonly device: FakeDevice } {
  const { player, product } = call.user
  if (product !== 'premium') throw new Refusal(403, 'Player command failed: Premium required', 'PREMIUM_REQUIRED')
  const device = id === null ? player.device : player.devices.find((known) => known.id === id)
  if (device === undefined) {
    if (id !== null) throw new Refusal(404, 'Device not found')
    throw new Refusal(404, 'Player command failed: No active device found', 'NO_ACTIVE_DEVICE')
  }
  player.activeDeviceId = device.id
  return { player, device }
}

/** The URIs of a context, in order. */
function contextItems(call: ApiCall, contextUri: string): readonly string[] {
  const { state } = call
  const { type, id } = parseUri(contextUri)
  const { catalogue } = state
  const run = (first: number, count: number, kind: 'track' | 'episode'): readonly string[] =>
    Array.from({ length: count }, (_, position) => `spotify:${kind}:${catalogue.id(kind, first + position)}`)
  if (type === 'playlist') {
    const rows = state.playlist(id)?.rows
    if (rows === undefined) throw notFound()
    return rows.flatMap(({ uri }) => (uri === null ? [] : [uri]))
  }
  if (type !== 'album' && type !== 'artist' && type !== 'show') throw badRequest('Unsupported context uri')
  const index = catalogue.index(type, id)
  if (index === undefined) throw notFound()
  if (type === 'show') return run(catalogue.show(index).first, catalogue.show(index).count, 'episode')
  const albums = type === 'album' ? { first: index, count: 1 } : catalogue.artist(index)
  return Array.from({ length: albums.count }, (_, position) => catalogue.album(albums.first + position)).flatMap(
    (album) => run(album.first, album.count, 'track'),
  )
}

function play(call: ApiCall): Response {
  const { player } = targetDevice(call)
  const at = call.state.clock.now()
  const body = bodyObject(call)
  const progress = typeof body.position_ms === 'number' ? body.position_ms : 0
  const offset = body.offset as { position?: unknown; uri?: unknown } | undefined
  const contextUri = typeof body.context_uri === 'string' ? body.context_uri : undefined
  if (contextUri === undefined && body.uris === undefined) {
    if (player.now(at) === undefined) throw new Refusal(403, 'Player command failed: Restriction violated', 'UNKNOWN')
    player.resume(at)
    return empty(204)
  }
  const list = contextUri === undefined ? textList(body.uris, 'uris') : contextItems(call, contextUri)
  if (contextUri === undefined) for (const uri of list) if (!uri.startsWith('spotify:local:')) parseUri(uri)
  const position = typeof offset?.uri === 'string' ? list.indexOf(offset.uri) : Number(offset?.position ?? 0)
  if (!Number.isInteger(position) || position < 0 || position >= Math.max(1, list.length))
    throw badRequest("Can't have offset for context type: OFFSET")
  player.start(list, position, contextUri, progress, at)
  return empty(204)
}

function pause(call: ApiCall): Response {
  const { player } = targetDevice(call)
  if (!player.playing) throw new Refusal(403, 'Player command failed: Restriction violated', 'ALREADY_PAUSED')
  player.pause(call.state.clock.now())
  return empty(204)
}

function transfer(call: ApiCall): Response {
  const { user, state } = call
  const body = bodyObject(call)
  const [id, ...more] = textList(body.device_ids, 'device_ids')
  if (id === undefined || more.length > 0) throw badRequest('Only one device id is supported')
  targetDevice(call, id)
  if (body.play === true && user.player.now(state.clock.now()) !== undefined) user.player.resume(state.clock.now())
  return empty(204)
}

function skip(direction: 'next' | 'previous') {
  return (call: ApiCall): Response => {
    targetDevice(call).player[direction](call.state.clock.now())
    return empty(204)
  }
}

function seek(call: ApiCall): Response {
  const position = call.query.get('position_ms')
  if (position === null) throw badRequest('Missing required field: position_ms')
  const progress = integerParameter(position, 0, 0, 2 ** 31, 'Invalid position_ms')
  targetDevice(call).player.seek(progress, call.state.clock.now())
  return empty(204)
}

function setRepeat(call: ApiCall): Response {
  const state = call.query.get('state')
  if (state !== 'off' && state !== 'track' && state !== 'context') throw badRequest('Invalid repeat state')
  targetDevice(call).player.repeat = state
  return acknowledge(call)
}

function setShuffle(call: ApiCall): Response {
  const state = call.query.get('state')
  if (state !== 'true' && state !== 'false') throw badRequest('Invalid shuffle state')
  targetDevice(call).player.shuffle = state === 'true'
  return acknowledge(call)
}

function setVolume(call: ApiCall): Response {
  const requested = call.query.get('volume_percent')
  if (requested === null) throw badRequest('Missing required field: volume_percent')
  const volume = integerParameter(requested, 0, 0, 100, 'Invalid volume_percent')
  const { device } = targetDevice(call)
  if (device.volume === null)
    throw new Refusal(403, 'Player command failed: Cannot control device volume', 'VOLUME_CONTROL_DISALLOW')
  device.volume = volume
  return empty(204)
}

function addToQueue(call: ApiCall): Response {
  const uri = call.query.get('uri')
  if (uri === null) throw badRequest('Missing required field: uri')
  const { type, id } = parseUri(uri)
  if ((type !== 'track' && type !== 'episode') || call.state.catalogue.index(type, id) === undefined)
    throw badRequest('Invalid track uri')
  targetDevice(call).player.queued.push(uri)
  return acknowledge(call)
}

/** For new applications, some commands return 200 and text that is no JSON, where 204 is documented. */
function acknowledge(call: ApiCall): Response {
  return call.rules.february2026 ? text(200, base62String(32, call.state.clock.now() >>> 0, 1)) : empty(204)
}

const reading = { scopes: ['user-read-playback-state'] }
const writing = { scopes: ['user-modify-playback-state'] }
const base = '/me/player'

export const playerOperations: readonly Operation[] = [
  operation('get-information-about-the-users-current-playback', `GET ${base}`, playbackState, reading),
  operation('transfer-a-users-playback', `PUT ${base}`, transfer, writing),
  operation('get-a-users-available-devices', `GET ${base}/devices`, devices, reading),
  operation('get-the-users-currently-playing-track', `GET ${base}/currently-playing`, currentlyPlaying, {
    anyScope: ['user-read-currently-playing', 'user-read-playback-state'],
  }),
  operation('start-a-users-playback', `PUT ${base}/play`, play, writing),
  operation('pause-a-users-playback', `PUT ${base}/pause`, pause, writing),
  operation('skip-users-playback-to-next-track', `POST ${base}/next`, skip('next'), writing),
  operation('skip-users-playback-to-previous-track', `POST ${base}/previous`, skip('previous'), writing),
  operation('seek-to-position-in-currently-playing-track', `PUT ${base}/seek`, seek, writing),
  operation('set-repeat-mode-on-users-playback', `PUT ${base}/repeat`, setRepeat, writing),
  operation('set-volume-for-users-playback', `PUT ${base}/volume`, setVolume, writing),
  operation('toggle-shuffle-for-users-playback', `PUT ${base}/shuffle`, setShuffle, writing),
  operation('get-recently-played', `GET ${base}/recently-played`, recentlyPlayed, {
    scopes: ['user-read-recently-played'],
  }),
  operation('get-queue', `GET ${base}/queue`, queue, {
    scopes: ['user-read-currently-playing', 'user-read-playback-state'],
  }),
  operation('add-to-queue', `POST ${base}/queue`, addToQueue, writing),
]
