import { once } from 'node:events'
import { SpotifyClient as Soundify } from '@soundify/web-api'
import { SpotifyApi } from '@spotify/web-api-ts-sdk'
import { createStagedoor, createVault, localKms } from '../../dist/index.js'
import { type Api, fetchTo, startApi } from '../lib/api.ts'
import { type Child, startChild } from '../lib/child.ts'
import { openStore, type StoreName } from '../lib/databases.ts'
import type { Context, Row } from '../lib/rows.ts'
import { temporaryFile } from '../lib/temporary.ts'

export const about =
  'An access token has expired and all callers request it at once: how many token requests does it cost?'

const callers = 100
const processes = 8
const key = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')

export async function* run({ note }: Context): AsyncGenerator<Row> {
  const api = await startApi()
  try {
    for (const store of ['SQLite', 'PostgreSQL', 'Redis'] as const) {
      note(`${processes} processes on ${store}`)
      yield row(`${processes} processes × ${callers}`, `ours on ${store}`, await fleet(api, store), 1)
    }
    note('one process')
    yield row(`1 process × ${callers}`, 'ours on SQLite', await alone(api), 1)
    yield row(`1 process × ${callers}`, '@spotify/web-api-ts-sdk', await official(api))
    yield row(`1 process × ${callers}`, '@soundify/web-api', await soundify(api))
  } finally {
    await api.stop()
  }
}

function row(name: string, subject: string, value: number, target?: number): Row {
  const base = { bench: 'stampede', case: name, subject, value, unit: 'token requests' }
  return target === undefined ? base : { ...base, target: `${target} token request`, pass: value === target }
}

async function requests(api: Child<Api>, work: () => Promise<unknown>): Promise<number> {
  const count = async (): Promise<number> =>
    ((await (await fetch(`${api.ready.origin}/count`)).json()) as { tokenRequests: number }).tokenRequests
  const before = await count()
  await work()
  return (await count()) - before
}

async function connectExpired(store: StoreName, path: string, prefix: string, origin: string) {
  const opened = await openStore(store, path, prefix)
  const stagedoor = createStagedoor({
    clientId: 'bench',
    redirectUri: 'http://127.0.0.1/callback',
    store: opened.store,
    vault: createVault({ kms: localKms({ keyId: 'bench', key }) }),
    loginKeys: [key],
    endpoints: { authorization: `${origin}/authorize`, token: `${origin}/api/token`, api: `${origin}/v1` },
  })
  const tokens = { accessToken: 'old', refreshToken: 'r', expiresAt: Date.now() - 1000, scopes: ['user-library-read'] }
  await stagedoor.connections.adopt({ ownerId: 'owner', tokens, accountId: 'ada', authorizedAt: new Date() })
  return { opened, stagedoor }
}

async function fleet(api: Child<Api>, store: StoreName): Promise<number> {
  const file = temporaryFile('stampede.db')
  const prefix = `bench_${crypto.randomUUID().slice(0, 8)}_`
  const { opened } = await connectExpired(store, file.path, prefix, api.ready.origin)
  const input = JSON.stringify({ store, path: file.path, prefix, origin: api.ready.origin, key, callers })
  const script = new URL('../servers/caller.ts', import.meta.url)
  const children = await Promise.all(Array.from({ length: processes }, () => startChild(script, input)))
  try {
    return await requests(api, async () => {
      const results = children.map(({ process }) => tokensOf(process))
      for (const { process } of children) process.stdin?.write('go\n')
      const tokens = new Set((await Promise.all(results)).flat())
      if (tokens.size !== 1) throw new Error(`${tokens.size} different tokens were handed out`)
    })
  } finally {
    await Promise.all(children.map((child) => child.stop()))
    await opened.clean()
    file.remove()
  }
}

async function tokensOf(process: Child<unknown>['process']): Promise<string[]> {
  let output = ''
  process.stdout?.on('data', (chunk) => {
    output += chunk
  })
  await once(process, 'exit')
  return (JSON.parse(/^DONE (.*)$/m.exec(output)?.[1] ?? '{}') as { tokens: string[] }).tokens
}

async function alone(api: Child<Api>): Promise<number> {
  const file = temporaryFile('stampede.db')
  const { stagedoor } = await connectExpired('SQLite', file.path, '', api.ready.origin)
  try {
    return await requests(api, () =>
      Promise.all(Array.from({ length: callers }, () => stagedoor.connections.accessToken('owner'))),
    )
  } finally {
    await stagedoor.close()
    file.remove()
  }
}

/** The official SDK refreshes through the global `fetch`. */
async function official(api: Child<Api>): Promise<number> {
  const token = { access_token: 'old', token_type: 'Bearer', expires_in: 3600, refresh_token: 'r', expires: 1 }
  const sdk = SpotifyApi.withAccessToken('bench', token, { fetch: fetchTo(api.ready.origin) as never })
  const before = globalThis.fetch
  globalThis.fetch = (input, init) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input)
    return before(api.ready.origin + pathname + search, init)
  }
  try {
    return await requests(api, () =>
      Promise.all(Array.from({ length: callers }, () => sdk.tracks.get(api.ready.trackId))),
    )
  } finally {
    globalThis.fetch = before
  }
}

/** Refreshes after a 401, with a function of the application. */
async function soundify(api: Child<Api>): Promise<number> {
  const { origin, trackId } = api.ready
  const client = new Soundify('expired', {
    baseUrl: `${origin}/`,
    refresher: async () =>
      ((await (await fetch(`${origin}/api/token`, { method: 'POST' })).json()) as { access_token: string })
        .access_token,
  })
  return await requests(api, () =>
    Promise.all(Array.from({ length: callers }, () => client.fetch(`/v1/tracks/${trackId}`))),
  )
}
