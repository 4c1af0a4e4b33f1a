import { invalidArgument } from '../errors.ts'

/** The kinds of object that Spotify has ids for. */
export type Kind =
  | 'album'
  | 'artist'
  | 'audiobook'
  | 'chapter'
  | 'episode'
  | 'local'
  | 'playlist'
  | 'show'
  | 'track'
  | 'user'

/** A Spotify URI such as `spotify:track:4iV5W9uYEdYUVa79Axb7Rh`. */
export type SpotifyUri<K extends Kind = Kind> = `spotify:${K}:${string}`

// Links and many responses address audiobooks as shows and chapters as episodes.
const interchangeable: Partial<Record<Kind, Kind>> = {
  show: 'audiobook',
  audiobook: 'show',
  episode: 'chapter',
  chapter: 'episode',
}

/**
 * Parses an id, a `spotify:` URI or an open.spotify.com link. The kind of a bare id is not known.
 * @throws TypeError `INVALID_ARGUMENT` if it is none of these
 */
export function parseReference(reference: string): { readonly kind: string | undefined; readonly id: string } {
  if (typeof reference !== 'string' || reference.trim() === '')
    throw invalidArgument('Expected an id, a Spotify URI or a link.')
  const text = reference.trim()
  if (!text.includes(':') && !text.includes('/')) return { kind: undefined, id: text }
  if (text.startsWith('spotify:')) return fromParts(text.slice('spotify:'.length).split(':'))
  const link = /^(?:https?:\/\/)?open\.spotify\.com(?::\d+)?(\/[^?#]*)/i.exec(text)
  if (link?.[1] !== undefined) {
    const parts = link[1].split('/').filter((part) => part !== '' && part !== 'embed' && !part.startsWith('intl-'))
    return fromParts(parts.map(decodeSegment))
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) throw invalidArgument('Expected a link to open.spotify.com.')
  return { kind: undefined, id: text }
}

/**
 * The id in `reference`, which must be of `kind` if it names a kind.
 * @throws TypeError `INVALID_ARGUMENT` with what was expected
 */
export function idOf(kind: Kind, reference: string): string {
  const { kind: actual, id } = parseReference(reference)
  if (actual !== undefined && actual !== kind && actual !== interchangeable[kind]) throw wrongKind([kind], actual)
  return id
}

/**
 * The URI that `reference`, a URI or a link, names; its kind must be one of `kinds`.
 * @throws TypeError `INVALID_ARGUMENT` with what was expected
 */
export function uriOf(kinds: readonly Kind[], reference: string): string {
  const { kind, id } = parseReference(reference)
  if (kind === undefined)
    throw invalidArgument(
      `Expected a Spotify URI or a link, of ${describeKinds(kinds)}: an id does not say of what it is.`,
    )
  if (!(kinds as readonly string[]).includes(kind)) throw wrongKind(kinds, kind)
  return `spotify:${kind}:${id}`
}

function fromParts(parts: readonly string[]): { readonly kind: string; readonly id: string } {
  const [kind, id, ...rest] = parts
  if (kind === undefined || id === undefined || id === '')
    throw invalidArgument('Expected a Spotify URI or link with a kind and an id.')
  // spotify:local:artist:album:title:seconds, and the older form spotify:user:NAME:playlist:ID.
  if (kind === 'local') return { kind, id: parts.slice(1).join(':') }
  if (kind === 'user' && rest[0] === 'playlist' && rest[1] !== undefined) return { kind: 'playlist', id: rest[1] }
  return { kind, id }
}

function wrongKind(expected: readonly Kind[], actual: string): TypeError {
  const known = /^[a-z]+$/.test(actual) ? ` of a kind ${actual}` : ''
  return invalidArgument(`Expected ${describeKinds(expected)}, got a URI or link${known}.`)
}

function describeKinds(kinds: readonly Kind[]): string {
  return kinds.map((kind) => (/^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`)).join(' or ')
}

function decodeSegment(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw invalidArgument('Expected a well-formed link.')
  }
}
