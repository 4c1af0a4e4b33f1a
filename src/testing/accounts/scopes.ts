/** The scopes that an application can request. */
export const knownScopes: readonly string[] = [
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
  'user-personalized',
  'user-read-currently-playing',
  'user-read-email',
  'user-read-playback-position',
  'user-read-playback-state',
  'user-read-private',
  'user-read-recently-played',
  'user-top-read',
]

/** The text for a scope on the consent page. */
export function scopeDescription(scope: string): string {
  const descriptions: Readonly<Record<string, string>> = {
    'app-remote-control': 'Control playback in other apps',
    'playlist-modify-private': 'Change your private playlists',
    'playlist-modify-public': 'Change your public playlists',
    'playlist-read-collaborative': 'See playlists you share with others',
    'playlist-read-private': 'See your private playlists',
    streaming: 'Play music',
    'ugc-image-upload': 'Upload playlist covers',
    'user-follow-modify': 'Change who you follow',
    'user-follow-read': 'See who you follow',
    'user-library-modify': 'Change what you have saved',
    'user-library-read': 'See what you have saved',
    'user-modify-playback-state': 'Control playback on your devices',
    'user-personalized': 'See content picked for you',
    'user-read-currently-playing': 'See what you are playing',
    'user-read-email': 'See your e-mail address',
    'user-read-playback-position': 'See where you stopped in podcast episodes',
    'user-read-playback-state': 'See your devices and what is playing on them',
    'user-read-private': 'See your country and subscription',
    'user-read-recently-played': 'See what you played recently',
    'user-top-read': 'See your top artists and tracks',
  }
  return descriptions[scope] ?? scope
}
