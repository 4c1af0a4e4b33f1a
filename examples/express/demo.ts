import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { adaptiveLimiter, createStagedoor, createVault, localKms, optionsFromEnv } from 'stagedoor'
import { sqliteStore } from 'stagedoor/stores/sqlite'
import { createApp } from './app.ts'
import { SqliteSessions } from './sessions.ts'
import { readSettings, SettingError } from './settings.ts'
import { startStandIn } from './stand-in.ts'

/** A running demo. */
export interface Demo {
  readonly url: string
  /** One sentence on where the accounts come from. */
  readonly about: string
  /** The path of the database file. */
  readonly database: string
  close(): Promise<void>
}

export async function startDemo(env: Readonly<Record<string, string | undefined>>): Promise<Demo> {
  const settings = readSettings(env)
  const server = createServer()
  await listen(server, settings.port, settings.host)
  const { port } = server.address() as AddressInfo
  const standIn = settings.real ? undefined : await startStandIn(settings.folder)
  const redirectUri = settings.redirectUri ?? `http://127.0.0.1:${port}/api/v1/spotify/callback`
  const database = join(settings.folder, 'connections.db')
  const limiter = adaptiveLimiter()
  const { vaultKey, ...options } = optionsFromEnv({ ...settings.env, SPOTIFY_REDIRECT_URI: redirectUri })
  const stagedoor = createStagedoor({
    ...options,
    store: sqliteStore(database),
    vault: createVault({ kms: localKms({ keyId: 'demo', key: vaultKey }) }),
    limiter,
    endpoints: standIn?.endpoints,
  })
  const sessions = new SqliteSessions(join(settings.folder, 'sessions.db'))
  const monitor = stagedoor.monitor()
  monitor.start()
  const secure = redirectUri.startsWith('https:')
  const { sessionSecret } = settings
  server.on('request', createApp({ stagedoor, limiter, sessions, sessionSecret, secure, controls: standIn?.controls }))
  return {
    url: settings.real ? new URL(redirectUri).origin : `http://127.0.0.1:${port}`,
    about: settings.real
      ? 'This demo talks to the real Spotify with your application.'
      : 'No account is needed: a local stand-in plays Spotify.',
    database,
    async close() {
      server.close()
      server.closeAllConnections()
      await stagedoor.close()
      sessions.close()
      await standIn?.close()
    },
  }
}

async function listen(server: ReturnType<typeof createServer>, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const busy = error.code === 'EADDRINUSE'
      reject(busy ? new SettingError(`PORT ${port} is in use: set PORT to a free one, or end what uses it.`) : error)
    })
    server.listen(port, host, resolve)
  })
}
