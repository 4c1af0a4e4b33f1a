/** The 19 scopes of the Spotify Web API. */
export const scopes = [
  'app-remote-control',
  'playlist-modify-private',
  'playlist-modify-public',
  'playlist-read-collaborative',
  'playlist-read-private',
  'streaming',
  'ugc-image-upload',
  'user-follow-modify',
  'user-follow-read',
  'user-library-modify',
  'user-library-read',
  'user-modify-playback-state',
  'user-read-currently-playing',
  'user-read-email',
  'user-read-playback-position',
  'user-read-playback-state',
  'user-read-private',
  'user-read-recently-played',
  'user-top-read',
] as const

/** One of the {@link scopes}. */
export type KnownScope = (typeof scopes)[number]

/** A scope of the Spotify Web API; other strings are allowed, since Spotify adds scopes. */
export type Scope = KnownScope | (string & {})

/** Library, playlists and follows, read and write: requested when the application names no scopes. */
export const defaultScopes = [
  'user-library-read',
  'user-library-modify',
  'playlist-read-private',
  'playlist-read-collaborative',
  'playlist-modify-public',
  'playlist-modify-private',
  'user-follow-read',
  'user-follow-modify',
] as const satisfies readonly KnownScope[]
