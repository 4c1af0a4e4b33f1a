import { percentDecode } from '../percent-encoding.ts'
import { base62String, between, hash, hex } from '../random.ts'
import { albumMarkets, simplifiedAlbum } from './album.ts'
import { simplifiedArtist } from './artist.ts'
import type { Catalogue } from './catalogue.ts'
import { title } from './names.ts'
import { identity, type View } from './view.ts'

/** The artists of a track: its album's, and sometimes a guest. */
function trackArtists(catalogue: Catalogue, index: number): readonly number[] {
  const own = catalogue.artistOfAlbum(catalogue.albumOfTrack(index).index).index
  if (hash(catalogue.seed, index, 81) % 6 !== 0) return [own]
  const guest = hash(catalogue.seed, index, 82) % catalogue.count('artist')
  return guest === own ? [own] : [own, guest]
}

export function trackDuration(catalogue: Catalogue, index: number): number {
  return between(61_000, 412_000, catalogue.seed, index, 83)
}

export function trackName(catalogue: Catalogue, index: number): string {
  return title(catalogue.seed, index * 7 + 3)
}

function isPlayable(catalogue: Catalogue, index: number, market: string | undefined): boolean {
  return market === undefined || albumMarkets(catalogue, catalogue.albumOfTrack(index).index).includes(market)
}

function simplifiedTrack(catalogue: Catalogue, view: View, index: number): Record<string, unknown> {
  const album = catalogue.albumOfTrack(index)
  const playable = isPlayable(catalogue, index, view.market)
  return {
    artists: trackArtists(catalogue, index).map((artist) => simplifiedArtist(catalogue, view, artist)),
    ...(view.stripped
      ? {}
      : { available_markets: albumMarkets(catalogue, album.index), preview_url: preview(catalogue, view, index) }),
    disc_number: 1,
    duration_ms: trackDuration(catalogue, index),
    explicit: hash(catalogue.seed, index, 84) % 7 === 0,
    ...identity(view, 'tracks', 'track', catalogue.id('track', index)),
    ...(view.stripped || view.market !== undefined ? { is_playable: playable } : {}),
    ...(playable ? {} : { restrictions: { reason: 'market' } }),
    name: trackName(catalogue, index),
    track_number: index - album.first + 1,
    type: 'track',
    is_local: false,
  }
}

/** The id of the track that this one replaces, if a market applies. */
function linkedFrom(view: View, id: string): Record<string, unknown> {
  if (view.stripped || view.market === undefined) return {}
  return { linked_from: { ...identity(view, 'tracks', 'track', id), type: 'track' } }
}

/** A track in its album's list; some replace another track. */
export function albumTrack(catalogue: Catalogue, view: View, index: number): Record<string, unknown> {
  const track = simplifiedTrack(catalogue, view, index)
  if (hash(catalogue.seed, index, 88) % 9 !== 0) return track
  return { ...track, ...linkedFrom(view, catalogue.id('relinked', index)) }
}

function preview(catalogue: Catalogue, view: View, index: number): string | null {
  if (!view.previews || hash(catalogue.seed, index, 87) % 3 === 0) return null
  return `https://p.scdn.co/mp3-preview/${hex(40, catalogue.seed, index)}`
}

/** `relinkedFrom` is the requested id, if this track replaces it in the market. */
export function trackObject(
  catalogue: Catalogue,
  view: View,
  index: number,
  relinkedFrom?: string,
): Record<string, unknown> {
  const { seed } = catalogue
  return {
    album: simplifiedAlbum(catalogue, view, catalogue.albumOfTrack(index).index),
    ...simplifiedTrack(catalogue, view, index),
    external_ids: {
      isrc: `QZ${base62String(3, seed, index).toUpperCase()}${between(1_000_000, 9_999_999, seed, index, 85)}`,
    },
    ...(view.stripped ? {} : { popularity: between(0, 95, seed, index, 86) }),
    ...(relinkedFrom === undefined ? {} : linkedFrom(view, relinkedFrom)),
  }
}

/** A local file in a playlist: most fields of a track are null or empty. */
export function localTrack(view: View, uri: string): Record<string, unknown> {
  const [artist = '', album = '', name = '', seconds = '0'] = uri
    .replace('spotify:local:', '')
    .split(':')
    .map((part) => part.replaceAll('+', ' '))
    .map((part) => percentDecode(part) ?? part)
  const noLinks = { external_urls: {}, href: null, id: null }
  const markets = view.stripped ? {} : { available_markets: [] }
  return {
    album: {
      album_type: null,
      artists: [],
      ...markets,
      ...noLinks,
      images: [],
      name: album,
      release_date: null,
      release_date_precision: null,
      type: 'album',
      uri: null,
    },
    artists: [{ ...noLinks, name: artist, type: 'artist', uri: null }],
    ...markets,
    ...noLinks,
    disc_number: 0,
    duration_ms: (Number.parseInt(seconds, 10) || 0) * 1000,
    explicit: false,
    external_ids: {},
    is_local: true,
    name,
    ...(view.stripped ? {} : { popularity: 0, preview_url: null }),
    track_number: 0,
    type: 'track',
    uri,
  }
}
