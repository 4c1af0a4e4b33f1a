import { afterEach, describe, expect, it, vi } from 'vitest'
import { createClock } from '../../src/testing/clock.ts'
import { createFakeSpotify } from '../../src/testing/index.ts'

describe('the clock', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('follows the machine, and can be put ahead', () => {
    vi.useFakeTimers({ now: 5000 })
    const { clock } = createFakeSpotify()
    expect(clock.now()).toBe(5000)
    vi.advanceTimersByTime(1000)
    clock.advance(60_000)
    expect(clock.now()).toBe(66_000)
  })

  it("follows an application's own clock", () => {
    let now = 100
    const { clock } = createFakeSpotify({ clock: () => now })
    now = 200
    expect(clock.now()).toBe(200)
    expect(createFakeSpotify({ clock: { now: () => 300 } }).clock.now()).toBe(300)
  })

  it('only moves with advance when virtual', () => {
    vi.useFakeTimers({ now: 7000 })
    const { clock } = createFakeSpotify({ clock: 'virtual' })
    vi.advanceTimersByTime(5000)
    expect(clock.now()).toBe(7000)
    clock.advance(1)
    expect(clock.now()).toBe(7001)
  })

  it('ends a wait when the machine has waited, or when it is put ahead', async () => {
    vi.useFakeTimers({ now: 0 })
    const clock = createClock()
    const ends: string[] = []
    void clock.wait(1000).then(() => ends.push('short'))
    void clock.wait(50_000).then(() => ends.push('long'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(ends).toEqual(['short'])
    clock.advance(48_999)
    await vi.advanceTimersByTimeAsync(0)
    expect(ends).toEqual(['short'])
    clock.advance(1)
    await vi.advanceTimersByTimeAsync(0)
    expect(ends).toEqual(['short', 'long'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends a wait when its signal aborts', async () => {
    for (const option of ['real', 0] as const) {
      const clock = createClock(option)
      const controller = new AbortController()
      const wait = clock.wait(60_000, controller.signal)
      controller.abort(new Error('enough'))
      await expect(wait).rejects.toThrow('enough')
      await expect(clock.wait(60_000, controller.signal)).rejects.toThrow('enough')
    }
  })

  it('ends every wait when the fake is reset', async () => {
    const clock = createClock(0)
    const wait = clock.wait(1000)
    clock.reset()
    await expect(wait).resolves.toBeUndefined()
  })
})

describe('the fetch of the fake', () => {
  it.each(['https://example.com/v1/me', 'http://api.spotify.com/v1/me', 'https://api.spotify.com.evil.example/v1/me'])(
    'refuses %s',
    async (url) => {
      await expect(createFakeSpotify().fetch(url)).rejects.toThrow(TypeError)
    },
  )

  it.each(['http://127.0.0.1:1234/v1/me', 'http://localhost/v1/me', 'http://[::1]:80/v1/me'])(
    'responds for %s',
    async (url) => {
      expect((await createFakeSpotify().fetch(url)).status).toBe(401)
    },
  )

  it('takes what fetch takes', async () => {
    const { fetch } = createFakeSpotify()
    expect((await fetch(new URL('https://api.spotify.com/v1/me'))).status).toBe(401)
    expect((await fetch(new Request('https://api.spotify.com/v1/me'))).status).toBe(401)
    await expect(
      fetch('https://api.spotify.com/v1/me', { signal: AbortSignal.abort(new Error('early')) }),
    ).rejects.toThrow('early')
  })

  it('names a path that it does not serve', async () => {
    const { fetch } = createFakeSpotify()
    expect((await fetch('https://api.spotify.com/v2/me')).status).toBe(404)
    const nothing = await fetch('https://accounts.spotify.com/v1/me')
    expect(await nothing.json()).toEqual({ error: { status: 404, message: 'The fake has nothing at GET /v1/me' } })
  })
})
