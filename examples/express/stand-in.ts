import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StagedoorOptions } from 'stagedoor'
import { startFakeSpotify } from 'stagedoor/testing/server'

/** The local stand-in for Spotify, with two people who have accounts there. */
export interface StandIn {
  readonly endpoints: StagedoorOptions['endpoints']
  /** Its page for revoking grants and for making it slow down, refuse and fail. */
  readonly controls: string
  close(): Promise<void>
}

const users = [
  { id: 'ada', displayName: 'Ada Quist', country: 'NL', library: { tracks: 1234 } },
  { id: 'ben', displayName: 'Ben Harrow', country: 'US', product: 'free', library: { tracks: 321 } },
  { id: 'dana', displayName: 'Dana Okonjo', country: 'BR', allowlisted: false },
] as const

export async function startStandIn(folder: string): Promise<StandIn> {
  const file = join(folder, 'stand-in.json')
  const server = await startFakeSpotify({ users, catalogue: { tracks: 5000 }, restore: read(file) })
  // As far away as the real one, so that an export can be watched.
  server.fake.fail({ path: '/v1/me/tracks', delay: 150, times: Number.POSITIVE_INFINITY })
  const save = (): void => writeFileSync(file, JSON.stringify(server.fake.snapshot()), { mode: 0o600 })
  // Often enough that even a demo that is killed leaves its grants behind.
  const timer = setInterval(save, 500)
  return {
    endpoints: server.endpoints,
    controls: server.url,
    async close() {
      clearInterval(timer)
      save()
      await server.close()
    },
  }
}

function read(file: string) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
