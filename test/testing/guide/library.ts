import type { SpotifyClient } from 'stagedoor'

/** Saves what is not saved yet, and returns those URIs. */
export async function saveNew(spotify: SpotifyClient, uris: readonly string[]): Promise<readonly string[]> {
  const saved = await spotify.library.contains(uris)
  const fresh = uris.filter((_, index) => saved[index] !== true)
  if (fresh.length > 0) await spotify.library.save(fresh)
  return fresh
}
