import { inspect } from 'node:util'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  adaptiveLimiter,
  createSpotify,
  type SpotifyApiError,
  type SpotifyEvents,
  type SpotifyOptions,
} from '../../src/spotify/index.ts'
import { id, json, type Respond, type ScriptedClient, scriptedClient, track } from './support/scripted-client.ts'

const start = Date.UTC(2026, 9, 1)
// Loading takes real time, which must not count as the time of a call.
beforeAll(async () => {
  await Promise.all([import('p-retry'), import('../../src/spotify/schemas/read.ts')])
})
beforeEach(() => {
  vi.useFakeTimers({ now: start })
})
const clients: ScriptedClient[] = []
function createClient(...given: Parameters<typeof scriptedClient>): ScriptedClient {
  const setup = scriptedClient(...given)
  clients.push(setup)
  return setup
}
afterEach(async () => {
  for (const { spotify } of clients.splice(0)) await spotify.close()
  expect(vi.getTimerCount(), 'timers left behind').toBe(0)
  vi.useRealTimers()
})

/** Responds with one after the other, and with the last one to all further requests. */
const inOrder =
  (...responses: readonly (() => Response | Promise<Response>)[]): Respond =>
  (_, index) =>
    (responses[Math.min(index, responses.length - 1)] as () => Response)()
const ok = () => json(track(1))
const done = () => new Response(null, { status: 204 })
const failing =
  (status: number, headers: Record<string, string> = {}, body = '') =>
  () =>
    new Response(body, { status, headers })
const stalled = () => new Promise<Response>(() => {})

/** Advances the fake time until the call ends, and returns how long that took. */
async function timed<T>(
  call: Promise<T>,
): Promise<{ value: T | undefined; error: SpotifyApiError | undefined; ms: number }> {
  const begin = Date.now()
  let end: { value?: T; error?: unknown } | undefined
  call.then(
    (value) => {
      end = { value }
    },
    (error) => {
      end = { error }
    },
  )
  for (let step = 0; step < 4000 && end === undefined; step++) await vi.advanceTimersByTimeAsync(50)
  return { value: end?.value, error: end?.error as SpotifyApiError | undefined, ms: Date.now() - begin }
}

describe('a failed read', () => {
  it('is repeated after a growing pause, and reported by an event', async () => {
    const { client, seen, retried } = createClient(inOrder(failing(500), failing(503), ok))
    const { value, ms } = await timed(client.tracks.get(id))
    expect(value?.name).toBe('Track 1')
    expect(seen).toHaveLength(3)
    expect(ms).toBeGreaterThanOrEqual(700)
    expect(ms).toBeLessThan(2000)
    expect(retried).toMatchObject([
      { code: 'API_SERVER_ERROR', status: 500, attempt: 1, request: { method: 'GET', path: '/tracks/{id}' } },
      { code: 'API_SERVER_ERROR', status: 503, attempt: 2 },
    ])
    expect(retried[1]?.delay).toBeGreaterThan(retried[0]?.delay as number)
  })

  it('ends with its error after the retries it has', async () => {
    for (const [retries, attempts] of [
      [0, 1],
      [1, 2],
      [2, 3],
      [4, 5],
    ] as const) {
      const { client, seen } = createClient(failing(500), { retries })
      const { error } = await timed(client.tracks.get(id))
      expect(error).toMatchObject({
        code: 'API_SERVER_ERROR',
        status: 500,
        request: { path: '/tracks/{id}' },
        retryable: true,
      })
      expect(seen).toHaveLength(attempts)
    }
  })

  it('of a transient 502 is repeated at once', async () => {
    const { client, seen } = createClient(inOrder(failing(502), ok))
    expect((await timed(client.tracks.get(id))).ms).toBeLessThanOrEqual(50)
    expect(seen).toHaveLength(2)
  })

  it('waits until the Retry-After of a 503', async () => {
    const { client } = createClient(inOrder(failing(503, { 'retry-after': '3' }), ok))
    const { ms, value } = await timed(client.tracks.get(id))
    expect(value?.name).toBe('Track 1')
    expect(ms).toBeGreaterThanOrEqual(3000)
    expect(ms).toBeLessThan(5000)
  })

  it('fails at once when the Retry-After of a 503 is longer than maxWait', async () => {
    const { client, seen } = createClient(failing(503, { 'retry-after': '120' }))
    const { ms, error } = await timed(client.tracks.get(id))
    expect(error).toMatchObject({ code: 'API_SERVER_ERROR', retryAt: start + 120_000 })
    expect([ms, seen.length]).toEqual([50, 1])
  })

  it('is repeated when there was no response', async () => {
    const reset = () =>
      Promise.reject(
        Object.assign(new TypeError('fetch failed'), {
          cause: Object.assign(new Error('read'), { code: 'ECONNRESET' }),
        }),
      )
    const { client, seen } = createClient(inOrder(reset, ok))
    expect((await timed(client.tracks.get(id))).value?.name).toBe('Track 1')
    expect(seen).toHaveLength(2)
    const { error } = await timed(createClient(reset).client.tracks.get(id))
    expect(error).toMatchObject({
      code: 'API_UNREACHABLE',
      cause: { message: 'fetch failed', cause: { code: 'ECONNRESET' } },
    })
  })
})

describe('a failed write', () => {
  it('is not repeated, unless it is idempotent', async () => {
    const uris = [`spotify:track:${id}`]
    const adding = createClient(failing(500))
    const { error } = await timed(adding.client.playlists.addItems(id, uris))
    expect(error).toMatchObject({ code: 'API_SERVER_ERROR' })
    expect(error?.action).toContain('read back')
    expect(adding.seen).toHaveLength(1)
    const reordering = createClient(failing(500))
    await timed(reordering.client.playlists.reorderItems(id, { range_start: 0, insert_before: 2 }))
    expect(reordering.seen).toHaveLength(1)
    const saving = createClient(failing(500))
    await timed(saving.client.library.save(uris))
    expect(saving.seen).toHaveLength(3)
    const replacing = createClient(failing(500))
    await timed(replacing.client.playlists.replaceItems(id, uris))
    expect(replacing.seen).toHaveLength(3)
  })

  it('is repeated when the caller passes retries', async () => {
    const { client, seen } = createClient(inOrder(failing(500), () => json({ snapshot_id: 'v' }, 201)))
    await timed(client.playlists.addItems(id, [`spotify:track:${id}`], undefined, { retries: 1 }))
    expect(seen).toHaveLength(2)
  })

  it.each(['next', 'previous'] as const)('player.%s is not repeated without retries', async (method) => {
    const { client, seen } = createClient(failing(502))
    await timed(client.player[method]())
    expect(seen).toHaveLength(1)
  })

  it('that always results in 502 ends after its retries with a hint', async () => {
    const { client, seen } = createClient(failing(502, {}, '{"error":{"status":502,"message":"Bad gateway."}}'))
    const { error } = await timed(client.playlists.replaceItems(id, [`spotify:episode:${id}`]))
    expect(seen).toHaveLength(3)
    expect(error?.action).toMatch(/read back|no longer exists/)
  })
})

describe('a refused token', () => {
  const spotifyWith = (respond: Respond, tokens: readonly string[], options: SpotifyOptions = {}) => {
    const seen: string[] = []
    const rejectedTokens: (string | undefined)[] = []
    const spotify = createSpotify({
      fetch: async (_, init) => {
        seen.push(new Headers(init?.headers).get('authorization') ?? '')
        return respond(undefined as never, seen.length - 1)
      },
      ...options,
    })
    const client = spotify.as(async (call) => {
      rejectedTokens.push(call?.rejected)
      return tokens[Math.min(rejectedTokens.length - 1, tokens.length - 1)] as string
    })
    return { client, seen, rejectedTokens, spotify }
  }
  const refused = failing(
    401,
    { 'content-type': 'application/json' },
    '{"error":{"status":401,"message":"The access token expired"}}',
  )

  it('is replaced once and the call sent again, a write too', async () => {
    for (const write of [false, true]) {
      const { client, seen, rejectedTokens } = spotifyWith(
        inOrder(refused, write ? () => json({ snapshot_id: 'v' }) : ok),
        ['old', 'new'],
      )
      await timed<unknown>(write ? client.playlists.addItems(id, [`spotify:track:${id}`]) : client.tracks.get(id))
      expect(seen).toEqual(['Bearer old', 'Bearer new'])
      expect(rejectedTokens).toEqual([undefined, 'old'])
    }
  })

  it('is not sent again when there is no other', async () => {
    const { client, seen } = spotifyWith(refused, ['same'])
    expect((await timed(client.tracks.get(id))).error).toMatchObject({ code: 'API_UNAUTHORIZED', status: 401 })
    expect(seen).toEqual(['Bearer same'])
  })

  it('is replaced no more than once', async () => {
    const { client, seen } = spotifyWith(refused, ['one', 'two', 'three'])
    expect((await timed(client.tracks.get(id))).error).toMatchObject({ code: 'API_UNAUTHORIZED', retryable: false })
    expect(seen).toEqual(['Bearer one', 'Bearer two'])
  })

  it('is replaced in the middle of retries', async () => {
    const { client, seen } = spotifyWith(inOrder(failing(500), refused, ok), ['one', 'two', 'three'])
    expect((await timed(client.tracks.get(id))).value?.name).toBe('Track 1')
    expect(seen).toEqual(['Bearer one', 'Bearer two', 'Bearer three'])
  })

  it('that is not valid in a header is refused without showing it', async () => {
    const { client, seen } = spotifyWith(ok, ['secret\nvalue'])
    const { error } = await timed(client.tracks.get(id))
    expect(error).toBeInstanceOf(TypeError)
    expect(inspect(error)).not.toContain('secret')
    expect(seen).toHaveLength(0)
  })

  it('is requested before the limiter, and what its source throws is thrown as it is', async () => {
    const reason = new Error('reconnect')
    const { spotify } = createClient(ok)
    await expect(spotify.as(() => Promise.reject(reason)).me.get()).rejects.toBe(reason)
    expect(spotify.health().status).toBe('ok')
  })

  it('whose source never responds ends the call', async () => {
    const { spotify } = createClient(ok, { maxWait: 5000 })
    const { error, ms } = await timed(spotify.as(() => new Promise(() => {})).me.get())
    expect(error).toMatchObject({ code: 'API_TIMEOUT', request: { path: '/me' } })
    expect(ms).toBeLessThanOrEqual(5100)
  })
})

describe('a refusal for the rate', () => {
  const limited = (after: string) => failing(429, { 'retry-after': after }, 'Too many requests')
  const quota = (after: string) =>
    failing(
      429,
      { 'retry-after': after },
      '{"error":{"status":429,"message":"Too many requests","reason":"QUOTA_EXCEEDED"}}',
    )

  it('is waited out, and the call sent again, a write too', async () => {
    const { client, seen } = createClient(inOrder(limited('2'), () => json({ snapshot_id: 'v' })))
    const { ms, error } = await timed(client.playlists.addItems(id, [`spotify:track:${id}`]))
    expect(error).toBeUndefined()
    expect(seen).toHaveLength(2)
    expect(ms).toBeGreaterThanOrEqual(2000)
    expect(ms).toBeLessThan(4000)
  })

  it('that is longer than maxWait fails at once, and so does every call until it is over', async () => {
    const { client, spotify, seen } = createClient(inOrder(limited('3600'), ok))
    const first = await timed(client.tracks.get(id))
    expect(first.ms).toBeLessThanOrEqual(50)
    expect(first.error).toMatchObject({
      code: 'API_RATE_LIMITED',
      status: 429,
      retryAt: start + 3_600_000,
      reason: 'RATE_LIMITED',
    })
    const second = await timed(client.me.get())
    expect(second.error).toMatchObject({
      code: 'API_RATE_LIMITED',
      retryAt: start + 3_600_000,
      request: { path: '/me' },
    })
    expect(seen).toHaveLength(1)
    expect(spotify.health()).toEqual({ status: 'rate_limited', until: start + 3_600_000 })
    vi.setSystemTime(start + 3_600_001)
    expect((await timed(client.tracks.get(id))).value?.name).toBe('Track 1')
  })

  it('of a quota stops the operations of its group only', async () => {
    const { client, spotify, seen } = createClient(({ path }) =>
      path.startsWith('/artists') ? (quota('50000')() as Response) : json({ id: 'me' }),
    )
    const events: unknown[] = []
    spotify.on('limiter.paused', (event) => events.push(event))
    const { error } = await timed(client.artists.albums(id).page())
    expect(error).toMatchObject({ code: 'API_QUOTA_EXCEEDED', reason: 'QUOTA_EXCEEDED', retryAt: start + 50_000_000 })
    await timed(client.artists.albums('other').page())
    expect(seen).toHaveLength(1)
    expect((await timed(client.me.get())).value?.id).toBe('me')
    expect(spotify.health()).toMatchObject({ status: 'quota_exceeded', until: start + 50_000_000 })
    expect(events).toEqual([{ scope: '/artists/{id}/albums', until: start + 50_000_000, reason: 'quota' }])
  })

  it('that names no time pauses for a minute, so that the call fails at once', async () => {
    const { client } = createClient(failing(429))
    const { error, ms } = await timed(client.tracks.get(id))
    expect(error).toMatchObject({ code: 'API_RATE_LIMITED', retryAt: start + 60_000 })
    expect(ms).toBeLessThanOrEqual(50)
  })

  it('that is repeated every time ends the call', async () => {
    const { client, seen } = createClient(limited('0'))
    expect((await timed(client.tracks.get(id))).error?.code).toBe('API_RATE_LIMITED')
    expect(seen.length).toBeLessThan(10)
    const slow = createClient(limited('8'))
    const { ms, error } = await timed(slow.client.tracks.get(id))
    expect(error?.code).toBe('API_RATE_LIMITED')
    expect(ms).toBeLessThanOrEqual(30_050)
  })
})

describe('time', () => {
  it('for one attempt is bounded from when it leaves the queue, its body included', async () => {
    const { client, seen } = createClient(stalled, { timeout: 1000, retries: 1 })
    const { error, ms } = await timed(client.tracks.get(id))
    expect(error).toMatchObject({ code: 'API_TIMEOUT', retryable: true })
    expect(seen).toHaveLength(2)
    expect(ms).toBeGreaterThanOrEqual(2000)
    expect(ms).toBeLessThan(3000)
  })

  it('that passes in the queue does not count as the attempt', async () => {
    let release: ((response: Response) => void) | undefined
    const first = () =>
      new Promise<Response>((resolve) => {
        release = resolve
      })
    const { client } = createClient(inOrder(first, ok), {
      limiter: adaptiveLimiter({ maxConcurrent: 1 }),
      timeout: 2000,
    })
    const before = client.tracks.get(id)
    const queued = client.tracks.get(id)
    await vi.advanceTimersByTimeAsync(1900)
    release?.(ok())
    expect((await timed(Promise.all([before, queued]))).error).toBeUndefined()
  })

  it('for a playback command without a response is not spent twice', async () => {
    const { client, seen } = createClient(stalled, { timeout: 1000 })
    expect((await timed(client.player.pause())).error?.code).toBe('API_TIMEOUT')
    expect(seen).toHaveLength(1)
    const failed = createClient(inOrder(failing(500), done))
    await timed(failed.client.player.pause())
    expect(failed.seen).toHaveLength(2)
  })

  it('for the whole call is bounded by its deadline', async () => {
    const { client } = createClient(stalled, { timeout: 1000, retries: 9 })
    const { error, ms } = await timed(client.tracks.get(id, {}, { deadline: 2500 }))
    expect(error).toMatchObject({ code: 'API_TIMEOUT', request: { path: '/tracks/{id}' } })
    expect(ms).toBeLessThanOrEqual(2550)
  })
})

describe("the caller's abort", () => {
  const reason = new Error('the caller went away')
  const abortable = async (respond: Respond, options: SpotifyOptions = {}, token?: () => Promise<string>) => {
    const { spotify, seen } = createClient(respond, options)
    const controller = new AbortController()
    const call = spotify.as(token ?? (async () => 'token')).tracks.get(id, {}, { signal: controller.signal })
    call.catch(() => {})
    await vi.advanceTimersByTimeAsync(100)
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
    return { seen, spotify }
  }

  it('before the call sends nothing', async () => {
    const { client, seen } = createClient(ok)
    await expect(client.tracks.get(id, {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(seen).toHaveLength(0)
  })

  it('wins while waiting for the token', async () => {
    expect((await abortable(ok, {}, () => new Promise(() => {}))).seen).toHaveLength(0)
  })

  it('wins in the queue', async () => {
    const limiter = adaptiveLimiter({ maxConcurrent: 1 })
    let free: (() => void) | undefined
    const held = limiter.schedule(
      () =>
        new Promise<void>((resolve) => {
          free = resolve
        }),
    )
    expect((await abortable(ok, { limiter })).seen).toHaveLength(0)
    free?.()
    await held
  })

  it('wins in a pause', async () => {
    expect((await abortable(failing(429, { 'retry-after': '20' }))).seen).toHaveLength(1)
  })

  it('wins between attempts', async () => {
    expect((await abortable(failing(500))).seen).toHaveLength(1)
    expect((await abortable(failing(503, { 'retry-after': '20' }))).seen).toHaveLength(1)
  })

  it('wins during the request, and does not count as a failure of the server', async () => {
    for (let n = 0; n < 8; n++) {
      const { spotify } = await abortable(stalled)
      expect(spotify.health()).toEqual({ status: 'ok' })
    }
  })

  it('leaves no listener on the signal', async () => {
    const { client } = createClient(inOrder(failing(500), ok))
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners++
      add(...given)
    }
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listeners--
      remove(...given)
    }
    await timed(client.tracks.get(id, {}, { signal, deadline: 60_000 }))
    expect(listeners).toBeLessThanOrEqual(0)
  })
})

describe('a server that is down', () => {
  it('gets no requests after a few failures, and is tried again later', async () => {
    let up = false
    const { client, spotify, seen } = createClient(() => (up ? ok() : new Response('', { status: 500 })), {
      retries: 0,
    })
    const events: string[] = []
    spotify.on('circuit.opened', ({ circuit }) => events.push(`opened ${circuit}`))
    spotify.on('circuit.closed', ({ circuit }) => events.push(`closed ${circuit}`))
    for (let n = 0; n < 5; n++) await timed(client.tracks.get(id))
    const { error } = await timed(client.tracks.get(id))
    expect(error).toMatchObject({ code: 'API_CIRCUIT_OPEN', request: { path: '/tracks/{id}' } })
    expect(error?.retryAt).toBeGreaterThan(Date.now())
    expect(spotify.health()).toEqual({ status: 'circuit_open', until: error?.retryAt })
    expect(seen).toHaveLength(5)
    up = true
    await vi.advanceTimersByTimeAsync(11_000)
    expect((await timed(client.tracks.get(id))).value?.name).toBe('Track 1')
    expect(spotify.health()).toEqual({ status: 'ok' })
    expect(events).toEqual(['opened api', 'closed api'])
  })

  it('behind a long queue gets few requests', async () => {
    const { client, seen } = createClient(failing(500), { limiter: adaptiveLimiter({ initialCeiling: 1000 }) })
    const calls = Array.from({ length: 400 }, () => client.tracks.get(id).catch((error) => error.code as string))
    const { value } = await timed(Promise.all(calls))
    expect(new Set(value)).toEqual(new Set(['API_CIRCUIT_OPEN']))
    expect(seen.length).toBeLessThan(20)
  })

  it('is not assumed after responses of 4xx and 429', async () => {
    const { client, spotify } = createClient(failing(404))
    for (let n = 0; n < 20; n++) await timed(client.tracks.get(id))
    expect(spotify.health()).toEqual({ status: 'ok' })
  })
})

describe('the end of a call', () => {
  it('is reported to listeners with its attempts', async () => {
    const { client, spotify } = createClient(inOrder(failing(500), failing(429, { 'retry-after': '1' }), ok))
    const ends: SpotifyEvents['request.finished'][] = []
    spotify.on('request.finished', (event) => ends.push(event))
    await timed(client.tracks.get(id))
    const request = { method: 'GET', path: '/tracks/{id}' }
    expect(ends).toMatchObject([{ request, status: 200, attempts: 3, throttles: 1, startedAt: start, code: undefined }])
    expect(ends[0]?.queued).toBeGreaterThanOrEqual(900)
    expect(ends[0]?.duration).toBeGreaterThanOrEqual(ends[0]?.queued as number)
    const refused = createClient(failing(404))
    refused.spotify.on('request.finished', (event) => ends.push(event))
    await timed(refused.client.tracks.get(id))
    await refused.client.tracks.get(id, {}, { signal: AbortSignal.abort() }).catch(() => {})
    expect(ends.slice(1)).toMatchObject([
      { status: 404, code: 'API_NOT_FOUND', attempts: 1 },
      { status: undefined, code: 'ABORTED', attempts: 0 },
    ])
  })
})

describe('closing', () => {
  it('ends what waits, and refuses new calls', async () => {
    const { client, spotify } = createClient(ok, {})
    await spotify.close()
    expect((await timed(client.tracks.get(id))).error).toMatchObject({ code: 'API_CLOSED' })
  })

  it('leaves a limiter that was passed in alone', async () => {
    const limiter = adaptiveLimiter()
    const { spotify, client, seen } = createClient(ok, { limiter })
    await spotify.close()
    expect((await timed(client.tracks.get(id))).error).toMatchObject({ code: 'API_CLOSED' })
    expect(seen).toHaveLength(0)
    expect(await limiter.schedule(async () => 'still here')).toBe('still here')
  })
})
