import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type Request as FlareRequest, Response as FlareResponse, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFakeSpotify } from '../../src/testing/index.ts'
import { alias } from '../../vitest.config.ts'
import type { RunningHost } from '../http/support/hosts.ts'
import { Browser, paths } from '../http/support/world.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const origin = 'https://saved-tracks.example'
const key = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')

/** One file, as `wrangler deploy` would make it. Nothing of Node is available in it. */
async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'import'],
    target: 'es2023',
    write: false,
    plugins: [
      {
        name: 'sources',
        setup(builder) {
          builder.onResolve({ filter: /^stagedoor(\/|$)/ }, ({ path }) => {
            const found = alias.find(({ find }) => find.test(path))
            return found === undefined ? undefined : { path: found.replacement }
          })
        },
      },
    ],
  })
  return outputFiles[0]!.text
}

const contract = `
export class Contract {
  constructor(context) { this.sql = context.storage.sql }
  async fetch() {
    const { Kysely } = await import('kysely')
    const { objectDialect } = await import('./examples/worker/dialect.ts')
    const { sqlStore } = await import('./src/stores/sql.ts')
    const { storeContract } = await import('./src/testing/contracts/store.ts')
    let skew = 0
    const now = () => Date.now() + skew
    const store = sqlStore({ db: new Kysely({ dialect: objectDialect(this.sql) }), now })
    await store.migrate()
    const results = []
    for (const { name, run } of storeContract({ store: () => store, advance: (ms) => { skew += ms } })) {
      results.push({ name, error: await run().then(() => null, (error) => String(error)) })
    }
    return Response.json(results)
  }
}
`

interface Objects {
  idFromName(name: string): unknown
  get(id: unknown): { fetch(url: string): Promise<{ json(): Promise<unknown> }> }
}

describe('the example for Cloudflare Workers', () => {
  const fake = createFakeSpotify({ users: [{ id: 'ada', library: { tracks: 12 } }] })
  const disk = mkdtempSync(join(tmpdir(), 'example-'))
  const keys = { STAGEDOOR_LOGIN_KEYS: key(), STAGEDOOR_VAULT_KEY: key() }
  let script: string
  let worker: Miniflare
  const host: RunningHost = {
    async send({ method, path, headers, body }) {
      const init = {
        method,
        headers: { ...headers },
        redirect: 'manual',
        ...(body === undefined ? {} : { body }),
      } as const
      const response = await worker.dispatchFetch(origin + path, init)
      return { status: response.status, headers: new Headers([...response.headers]), text: await response.text() }
    },
    close: () => worker.dispose(),
  }
  const start = (): Miniflare =>
    new Miniflare({
      modules: true,
      script,
      compatibilityDate: '2026-07-01',
      durableObjectsPersist: disk,
      durableObjects: {
        SPOTIFY: { className: 'Spotify', useSQLite: true },
        CONTRACT: { className: 'Contract', useSQLite: true },
      },
      bindings: { SPOTIFY_CLIENT_ID: 'test-client', SPOTIFY_REDIRECT_URI: origin + paths.callback, ...keys },
      async outboundService(request: FlareRequest) {
        const { method, url, headers } = request
        const body = method === 'GET' ? null : await request.arrayBuffer()
        const response = await fake.handle(new Request(url, { method, headers: [...headers], body }))
        const { status } = response
        return new FlareResponse(await response.text(), { status, headers: [...response.headers] })
      },
    })
  beforeAll(async () => {
    script = await bundle(`${contract}export * from './examples/worker/main.ts'
export { default } from './examples/worker/main.ts'`)
    worker = start()
  })
  afterAll(async () => {
    await worker?.dispose()
    rmSync(disk, { recursive: true })
  })

  test('connects a visitor, shows the saved tracks, keeps visitors apart, and disconnects', async () => {
    const visitor = new Browser(host, undefined)
    expect((await visitor.open('/')).text).toContain('Connect Spotify')
    const done = await visitor.open(await visitor.consent(fake, { query: '?returnTo=/' }))
    expect([done.status, done.headers.get('location')], done.text).toEqual([303, '/'])
    expect((await visitor.open('/')).text.match(/<li>/g)).toHaveLength(10)
    expect((await new Browser(host, undefined).open('/')).text).toContain('Connect Spotify')
    expect((await visitor.callApi(paths.connection, 'DELETE')).status).toBe(204)
    expect((await visitor.open('/')).text).toContain('Connect Spotify')
  })

  test('keeps connections when it starts again, and no token in the clear', async () => {
    const visitor = new Browser(host, undefined)
    await visitor.open('/')
    await visitor.open(await visitor.consent(fake))
    await worker.dispose()
    const files = readdirSync(disk, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const stored = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join('')
    expect(stored).toContain('stagedoor_connections')
    for (const { value } of fake.tokens) expect(stored).not.toContain(value)
    worker = start()
    expect((await visitor.open('/')).text.match(/<li>/g)).toHaveLength(10)
  })

  test('its store keeps the contract of stores, within the Durable Object', async () => {
    const objects = (await worker.getDurableObjectNamespace('CONTRACT')) as unknown as Objects
    const response = await objects.get(objects.idFromName('contract')).fetch(`${origin}/`)
    const results = (await response.json()) as { name: string; error: string | null }[]
    expect(results.length).toBeGreaterThan(10)
    expect(results.filter(({ error }) => error !== null)).toEqual([])
  })
})
