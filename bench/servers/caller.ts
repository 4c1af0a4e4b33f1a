import { once } from 'node:events'
import { createStagedoor, createVault, localKms } from '../../dist/index.js'
import { openStore, type StoreName } from '../lib/databases.ts'

/** One of several processes: after a line on stdin it requests one owner's token many times at once, and prints the results. */
const input = JSON.parse(process.argv[2] ?? '{}') as {
  store: StoreName
  path: string
  prefix: string
  origin: string
  key: string
  callers: number
}
const opened = await openStore(input.store, input.path, input.prefix)
const { origin } = input
const stagedoor = createStagedoor({
  clientId: 'bench',
  redirectUri: 'http://127.0.0.1/callback',
  store: opened.store,
  vault: createVault({ kms: localKms({ keyId: 'bench', key: input.key }) }),
  loginKeys: [input.key],
  endpoints: { authorization: `${origin}/authorize`, token: `${origin}/api/token`, api: `${origin}/v1` },
})
process.stdout.write('READY {}\n')
await once(process.stdin, 'data')
const start = performance.now()
const tokens = await Promise.all(
  Array.from({ length: input.callers }, () => stagedoor.connections.accessToken('owner')),
)
process.stdout.write(`DONE ${JSON.stringify({ tokens: [...new Set(tokens)], time: performance.now() - start })}\n`)
await opened.close()
process.exit(0)
