import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import express, { type Express, type Request, type Response } from 'express'
import session from 'express-session'
import type { Limiter, Stagedoor } from 'stagedoor'
import { stagedoorExpress } from 'stagedoor/express'
import { type ExportedTrack, exportLibrary, toCsv } from './export.ts'
import { bothPage, type CardData, homePage, type PageData, statusFragment } from './pages.ts'
import { type Person, people, personOf } from './people.ts'
import { errorWords } from './words.ts'

export interface AppParts {
  readonly stagedoor: Stagedoor
  readonly limiter: Limiter
  readonly sessions: session.Store
  readonly sessionSecret: string
  readonly secure: boolean
  readonly controls: string | undefined
}

/** The demo application: its own session, its own pages, and one line for stagedoor. */
export function createApp({ stagedoor, limiter, sessions, sessionSecret, secure, controls }: AppParts): Express {
  const app = express()
  const exports = new Map<string, ExportedTrack[]>()
  app.disable('x-powered-by')
  app.use((_req, res, next) => {
    res.set({
      'content-security-policy': "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    next()
  })
  app.use(express.static(fileURLToPath(new URL('public', import.meta.url))))
  app.use(
    session({
      name: 'demo_session',
      secret: sessionSecret,
      store: sessions,
      resave: false,
      saveUninitialized: true,
      cookie: { httpOnly: true, sameSite: 'lax', secure, maxAge: 30 * 86_400_000 },
    }),
  )
  app.use((req, _res, next) => {
    req.session.userId ??= people[0].id
    next()
  })

  app.use(stagedoorExpress(stagedoor, { owner: (req) => req.session.userId, afterConnect: '/', afterError: '/' }))

  const pageOf = (req: Request): PageData => ({
    person: personOf(req.session.userId),
    limiter: limiter.state(),
    controls,
    error: typeof req.query.error === 'string' && /^[A-Z_]{1,64}$/.test(req.query.error) ? req.query.error : undefined,
  })

  app.get('/', async (req, res) => {
    const card = await readCard(stagedoor, personOf(req.session.userId))
    res.send(homePage(pageOf(req), card))
  })
  app.get('/both', async (req, res) => {
    const cards = await Promise.all(people.map((person) => readCard(stagedoor, person)))
    res.send(bothPage(pageOf(req), cards))
  })
  app.post('/session', express.urlencoded({ extended: false }), (req, res) => {
    req.session.userId = personOf(String(req.body?.user)).id
    res.redirect(303, '/')
  })
  app.post('/check', async (req, res) => {
    await stagedoor.connections.health(personOf(req.session.userId).id, { probe: true })
    res.redirect(303, '/')
  })
  app.post('/disconnect', async (req, res) => {
    const { id } = personOf(req.session.userId)
    await stagedoor.connections.disconnect(id)
    exports.delete(id)
    res.redirect(303, '/')
  })

  app.get('/live', async (req, res) => {
    const stream = openStream(req, res)
    const owner = personOf(req.session.userId).id
    while (!stream.signal.aborted) {
      const health = await stagedoor.connections.health(owner)
      stream.send('status', { markup: statusFragment(health, limiter.state()).markup })
      await stream.rest(1000)
    }
  })
  app.get('/export', async (req, res) => {
    const stream = openStream(req, res)
    const { id } = personOf(req.session.userId)
    const rows = req.query.again === 'yes' ? (exports.get(id) ?? []) : []
    exports.set(id, rows)
    for await (const progress of exportLibrary(stagedoor.client(id), rows, stream.signal))
      stream.send('progress', progress)
    res.end()
  })
  app.get('/export.csv', (req, res) => {
    const rows = exports.get(personOf(req.session.userId).id)
    if (rows === undefined) return void res.redirect(303, '/')
    res.attachment('library.csv').type('text/csv').send(toCsv(rows))
  })
  return app
}

async function readCard(stagedoor: Stagedoor, person: Person): Promise<CardData> {
  const [connection, health] = await Promise.all([
    stagedoor.connections.get(person.id),
    stagedoor.connections.health(person.id),
  ])
  const nothing = { person, connection, health, tracks: [], playlists: [], problem: undefined }
  if (connection === undefined || connection.status === 'needs_reauth') return nothing
  const client = stagedoor.client(person.id)
  const options = { maxWait: 1000 }
  try {
    const [tracks, playlists] = await Promise.all([
      client.library.tracks({ limit: 8 }, options).toArray({ max: 8 }),
      client.playlists.list({ limit: 8 }, options).toArray({ max: 8 }),
    ])
    return {
      ...nothing,
      tracks: tracks.map(({ track }) => ({
        name: track?.name ?? 'A track that is gone',
        artists: (track?.artists ?? []).map((artist) => artist.name).join(', '),
      })),
      playlists: playlists.map((playlist) => ({
        name: playlist.name ?? 'Untitled',
        total: playlist.items?.total ?? undefined,
      })),
    }
  } catch (error) {
    return { ...nothing, health: await stagedoor.connections.health(person.id), problem: errorWords(error) }
  }
}

/** A stream of server-sent events that ends with the request. */
function openStream(req: Request, res: Response) {
  const controller = new AbortController()
  req.once('close', () => controller.abort())
  res
    .set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    .flushHeaders()
  return {
    signal: controller.signal,
    send: (event: string, data: object) => void res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    rest: (ms: number) => sleep(ms, undefined, { signal: controller.signal }).catch(() => {}),
  }
}
