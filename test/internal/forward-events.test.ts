import type { Limiter, LimiterEvents } from 'stagedoor'
import { adaptiveLimiter, createStagedoor, memoryStore } from 'stagedoor'
import { createSpotify } from 'stagedoor/spotify'
import { createVault, localKms } from 'stagedoor/vault'
import { describe, expect, it } from 'vitest'
import { createEmitter } from '../../src/internal/emitter.ts'

const payloads: LimiterEvents = {
  'limiter.paused': { scope: '*', until: 1, reason: 'rate' },
  'limiter.resumed': { scope: '*' },
  'limiter.ceiling_changed': { ceiling: 2, previous: 1 },
  'limiter.degraded': { degraded: true },
}
const names = Object.keys(payloads) as (keyof LimiterEvents)[]
/** An event that this package does not know. */
const foreign = 'limiter.third_party' as keyof LimiterEvents

type Host = { on(event: keyof LimiterEvents, listener: (payload: unknown) => void): () => void; close(): Promise<void> }
const hosts: Readonly<Record<string, (limiter: Limiter) => Host>> = {
  'a Web API client': (limiter) => createSpotify({ limiter }),
  'an application': (limiter) =>
    createStagedoor({
      clientId: 'test-client',
      redirectUri: 'http://127.0.0.1:3000/callback',
      loginKeys: [crypto.getRandomValues(new Uint8Array(32))],
      store: memoryStore(),
      vault: createVault({ kms: localKms({ keyId: 'main', key: crypto.getRandomValues(new Uint8Array(32)) }) }),
      limiter,
    }),
}

describe.each(Object.entries(hosts))('%s', (_, create) => {
  function setup(omit: readonly (keyof Limiter)[] = []) {
    const { on, onAny, emit } = createEmitter<LimiterEvents>()
    const { schedule, state, close } = adaptiveLimiter()
    const limiter: Limiter = { schedule, state, close, on, ...(omit.includes('onAny') ? {} : { onAny }) }
    const host = create(limiter)
    const received: string[] = []
    for (const name of [...names, foreign]) host.on(name, () => received.push(name))
    const emitAll = (): void => {
      for (const name of names) emit(name, payloads[name])
    }
    return { host, received, emitAll, emit }
  }

  it('passes on every event of a limiter once, also those that this package does not know', async () => {
    const { host, received, emitAll, emit } = setup()
    emitAll()
    emit(foreign, payloads['limiter.resumed'])
    expect(received).toEqual([...names, foreign])
    await host.close()
  })

  it('passes on the known events of a limiter without onAny', async () => {
    const { host, received, emitAll } = setup(['onAny'])
    emitAll()
    expect(received).toEqual(names)
    await host.close()
  })

  it('stops listening to a limiter that outlasts it', async () => {
    for (const omit of [[], ['onAny']] as const) {
      const { host, received, emitAll } = setup(omit)
      await host.close()
      emitAll()
      expect(received).toEqual([])
    }
  })

  it('returns from on a function that removes the listener', async () => {
    const { host, received, emit } = setup()
    host.on('limiter.resumed', () => received.push('again'))()
    emit('limiter.resumed', payloads['limiter.resumed'])
    expect(received).toEqual(['limiter.resumed'])
    await host.close()
  })
})

it('the in-process limiter reports every event to a listener of onAny', async () => {
  const limiter = adaptiveLimiter()
  const events: unknown[] = []
  const stop = limiter.onAny?.((event, payload) => events.push([event, payload]))
  const until = Date.now() + 60_000
  const pause = (scope: string) =>
    limiter.schedule(async (slot) => void slot.throttled({ retryAt: until, scope, reason: 'quota' }), { scope })
  await pause('search')
  stop?.()
  await pause('player')
  expect(events).toEqual([['limiter.paused', { scope: 'search', until, reason: 'quota' }]])
  await limiter.close()
})
