import type { FakeSpotify } from '../../../src/testing/index.ts'
import { operations } from '../../../src/testing/web-api/operations.ts'
import type { Call } from './caller.ts'

/** One good request for each operation. */
export interface Sample {
  readonly id: string
  readonly route: string
  readonly call: Call
  readonly availability: (typeof operations)[number]['availability']
}

/** Makes a request for every operation of a fake, with ids that exist in its world. */
export function samplesFor(fake: FakeSpotify, userId: string): readonly Sample[] {
  const { state } = fake
  const { catalogue } = state
  const user = state.users.get(userId)
  if (user === undefined) throw new Error('no such user')
  const playlist = state.library(user)[0] ?? ''
  const id = (kind: Parameters<typeof catalogue.id>[0], index = 1): string => catalogue.id(kind, index)
  const track = `spotify:track:${id('track')}`
  const device = user.player.devices[0]?.id ?? ''
  const path: Record<string, string> = {
    playlist_id: playlist,
    user_id: userId,
    category_id: 'ambient',
  }
  const kindOf = (route: string): Parameters<typeof catalogue.id>[0] => {
    const head = route.split('/')[1] ?? ''
    return head.startsWith('audio-') ? 'track' : (head.replace(/s$/, '') as 'track')
  }
  const queries: Record<string, string> = {
    search: '?q=harbour&type=album,artist,playlist,track,show,episode,audiobook',
    'get-followed': '?type=artist&limit=3',
    'follow-artists-users': `?type=artist&ids=${id('artist')}`,
    'unfollow-artists-users': `?type=artist&ids=${id('artist')}`,
    'check-current-user-follows': `?type=artist&ids=${id('artist')}`,
    'get-recommendations': `?seed_tracks=${id('track')}&limit=3`,
    'seek-to-position-in-currently-playing-track': '?position_ms=1000',
    'set-repeat-mode-on-users-playback': '?state=context',
    'set-volume-for-users-playback': '?volume_percent=20',
    'toggle-shuffle-for-users-playback': '?state=false',
    'add-to-queue': `?uri=${track}`,
    'start-a-users-playback': `?device_id=${device}`,
    'save-library-items': `?uris=${track}`,
    'remove-library-items': `?uris=spotify:album:${id('album')}`,
    'check-library-contains': `?uris=${track},spotify:playlist:${playlist}`,
    'get-playlist': '?additional_types=track,episode',
    'get-playlists-items': '?additional_types=track,episode',
    'get-playlists-tracks': '?additional_types=track,episode',
  }
  const bodies: Record<string, unknown> = {
    'change-playlist-details': { name: 'Renamed' },
    'create-playlist': { name: 'New' },
    'create-playlist-for-user': { name: 'New', public: false },
    'add-items-to-playlist': { uris: [track] },
    'add-tracks-to-playlist': { uris: [track] },
    'reorder-or-replace-playlists-items': { range_start: 0, insert_before: 2 },
    'reorder-or-replace-playlists-tracks': { range_start: 0, insert_before: 2 },
    'remove-items-playlist': { items: [{ uri: track }] },
    'remove-tracks-playlist': { tracks: [{ uri: track }] },
    'upload-custom-playlist-cover': '/9j/4AAQSkZJRgABAQ==',
    'start-a-users-playback': { context_uri: `spotify:playlist:${playlist}` },
    'transfer-a-users-playback': { device_ids: [device] },
    'save-tracks-user': { ids: [id('track')] },
    'follow-playlist': { public: false },
  }
  const order = ['start-a-users-playback', 'transfer-a-users-playback']
  const last = ['pause-a-users-playback', 'unfollow-playlist']
  const rank = (name: string): number => (order.includes(name) ? 0 : last.includes(name) ? 2 : 1)
  return [...operations]
    .sort((a, b) => rank(a.id) - rank(b.id))
    .map((operation) => {
      const route = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => path[name] ?? id(kindOf(operation.path)))
      const needsIds =
        /^\/(me\/)?(albums|artists|audiobooks|chapters|episodes|shows|tracks|audio-features)(\/contains)?$/.test(
          route,
        ) &&
        !(operation.method === 'GET' && /^\/me\/\w+$/.test(route)) &&
        operation.id !== 'save-tracks-user'
      const kind = kindOf(route.replace('/me/', '/'))
      const query = queries[operation.id] ?? (needsIds ? `?ids=${id(kind)},${id(kind, 0)}` : '')
      const body = bodies[operation.id]
      return {
        id: operation.id,
        route: `${operation.method} ${route}${query}`,
        call: body === undefined ? {} : { body },
        availability: operation.availability,
      }
    })
}
