import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import express from 'express'
import { stagedoorExpress } from '../../../src/http/express.ts'
import { createStagedoor, createVault, isStagedoorError, localKms } from '../../../src/index.ts'
import { sqliteStore } from '../../../src/stores/sqlite.ts'

/** A small host application in a process of its own, which prints everything it can get hold of. */
const [, , database = '', endpoints = '{}'] = process.argv
const server = createServer()
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const options = {
  clientId: 'host',
  clientSecret: 'client-secret-of-the-host',
  redirectUri: `${origin}/api/v1/spotify/callback`,
  loginKeys: [crypto.getRandomValues(new Uint8Array(32))],
  store: sqliteStore(database),
  vault: createVault({ kms: localKms({ keyId: 'main', key: crypto.getRandomValues(new Uint8Array(32)) }) }),
  endpoints: JSON.parse(endpoints),
}
const stagedoor = createStagedoor(options)
const show = (...values: unknown[]): void => {
  for (const value of values) {
    process.stdout.write(`${inspect(value, { depth: 12, showHidden: true, getters: true })}\n${String(value)}\n`)
    process.stderr.write(`${JSON.stringify(value) ?? ''}\n`)
  }
}
for (const event of [
  'connection.created',
  'connection.replaced',
  'connection.refreshed',
  'connection.refresh_failed',
  'connection.degraded',
  'connection.recovered',
  'connection.needs_reauth',
  'connection.removed',
  'request.retried',
  'limiter.paused',
] as const) {
  stagedoor.on(event, (payload) => show(event, payload))
}

const app = express()
app.use(
  stagedoorExpress(stagedoor, { owner: (req) => String(req.headers['x-owner'] ?? '') || undefined, onError: show }),
)
app.get('/call/:what', async (req, res) => {
  const owner = String(req.headers['x-owner'])
  const client = stagedoor.client(owner)
  try {
    const results: Record<string, () => Promise<unknown>> = {
      tracks: () => client.library.tracks().toArray({ max: 5 }),
      me: () => client.me.get(),
      missing: () => client.tracks.get('0000000000000000000000'),
      refresh: async () => {
        const before = await stagedoor.connections.accessToken(owner)
        const after = await stagedoor.connections.accessToken(owner, { rejected: before })
        return { changed: before !== after }
      },
      app: () => stagedoor.app().search('love', ['track']),
      health: () => stagedoor.connections.health(owner, { probe: true }),
    }
    const result = await results[req.params.what]?.()
    show(
      client,
      stagedoor,
      options.vault,
      options.store,
      await options.store.get({ provider: 'spotify', ownerId: owner }),
    )
    res.json(result ?? null)
  } catch (error) {
    show(error, (error as Error).cause)
    res.status(500).json(isStagedoorError(error) ? error : { name: (error as Error).name })
  }
})
server.on('request', app)
process.stdout.write(`READY ${origin}\n`)
process.once('SIGTERM', () => {
  server.closeAllConnections()
  server.close()
  void stagedoor.close()
})
