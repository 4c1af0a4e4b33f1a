import { isObject } from '../../internal/is-object.ts'
import type { Kind } from './kinds.ts'

type WireObject = Record<string, unknown>

/** Converts older forms of an object to the newer one, in place: nothing that Spotify sent is removed. */
export function normalize(kind: Kind, value: unknown): unknown {
  const change = changes[kind]
  if (change !== undefined && isObject(value)) change(value)
  return value
}

const changes: Partial<Record<Kind, (value: WireObject) => void>> = {
  playlistItem(row) {
    if (row.item === undefined) row.item = row.track ?? null
  },
  playlist(value) {
    if (value.items === undefined && value.tracks !== undefined) value.items = value.tracks
    if (!isObject(value.items) || !Array.isArray(value.items.items)) return
    for (const row of value.items.items) normalize('playlistItem', row)
  },
  search(value) {
    if (!isObject(value.playlists) || !Array.isArray(value.playlists.items)) return
    for (const item of value.playlists.items) normalize('simplifiedPlaylist', item)
  },
  simplifiedPlaylist(value) {
    if (value.items === undefined && value.tracks !== undefined) value.items = value.tracks
  },
  savedAudiobook(row) {
    if (!isObject(row.audiobook)) return
    for (const [key, value] of Object.entries(row.audiobook)) if (!(key in row)) row[key] = value
  },
}
