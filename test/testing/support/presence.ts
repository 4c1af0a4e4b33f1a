import { fixture } from '../../fixtures/fixtures.ts'

export interface RecordedKind {
  /** Fields that no recording of 2026 lacks. */
  readonly always: readonly string[]
  /** JSON types ever seen per field. */
  readonly types: ReadonlyMap<string, ReadonlySet<string>>
}

/** What recorded bodies hold, per kind of object. */
export function recordedKinds(): ReadonlyMap<string, RecordedKind> {
  const kinds = new Map<string, { always: string[]; types: Map<string, Set<string>> }>()
  let recent = false
  for (const line of fixture('spotify/field-presence.txt').split('\n')) {
    if (line.startsWith('## ')) recent = line.includes('2026')
    const [, kind = '', list = ''] = /^(\S+) n=\d+: (.*)$/.exec(line) ?? []
    if (kind === '') continue
    const known = kinds.get(kind) ?? { always: [] as string[], types: new Map<string, Set<string>>() }
    kinds.set(kind, known)
    for (const field of list.split(', ')) {
      const [, name = '', types = '', missing] = /^(\w+):([\w|]+)(\?\d+%)?$/.exec(field) ?? []
      const seen = known.types.get(name) ?? new Set<string>()
      known.types.set(name, seen)
      for (const type of types.split('|')) seen.add(type)
      if (recent && missing === undefined) known.always.push(name)
    }
  }
  return kinds
}

export function jsonType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'arr'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  return { object: 'obj', string: 'str', boolean: 'bool' }[typeof value as 'object'] ?? typeof value
}

type Json = Readonly<Record<string, unknown>>

/** Which kind of the recordings an object is, if any. */
export function kindOf(object: Json): string | undefined {
  const has = (...names: string[]): boolean => names.every((name) => name in object)
  if (has('limit', 'items', 'href')) return 'paging'
  if (has('url', 'height', 'width')) return 'image'
  if (has('is_active', 'volume_percent')) return 'device'
  if (has('added_by', 'added_at')) return 'playlistItem'
  for (const kind of ['album', 'episode', 'show', 'track']) if (has('added_at', kind)) return `saved:${kind}`
  if (!has('uri') || !has('href')) return undefined
  switch (object.type) {
    case 'album':
      return has('copyrights') ? 'album.full' : 'album.simple'
    case 'artist':
      return has('images') ? 'artist.full' : 'artist.simple'
    case 'audiobook':
      return has('chapters') ? 'audiobook.full' : 'audiobook.simple'
    case 'chapter':
      return 'chapter'
    case 'episode':
      return has('name') ? 'episode' : undefined
    case 'playlist':
      return has('followers') ? 'playlist.full' : has('name') ? 'playlist.simple' : undefined
    case 'show':
      return has('episodes') ? 'show.full' : has('name') ? 'show.simple' : undefined
    case 'track':
      return has('album') ? 'track.full' : has('name') ? 'track.simple' : undefined
    case 'user':
      return 'user'
  }
  return undefined
}
