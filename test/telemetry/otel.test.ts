import { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { createStagedoor, memoryStore, type Stagedoor, type StagedoorEvents } from 'stagedoor'
import { otelKms, stagedoorOtel } from 'stagedoor/otel'
import { createFakeSpotify, type FakeSpotify } from 'stagedoor/testing'
import { createVault, type Kms, localKms, type Vault } from 'stagedoor/vault'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEmitter } from '../../src/internal/emitter.ts'
import { awsKms } from '../../src/vault/kms/aws.ts'

class Instruments {
  readonly spans = new InMemorySpanExporter()
  readonly #metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  readonly #reader = new PeriodicExportingMetricReader({ exporter: this.#metrics, exportIntervalMillis: 1e8 })
  readonly tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.spans)] }).getTracer('test')
  readonly meter = new MeterProvider({ readers: [this.#reader] }).getMeter('test')

  span(name: string) {
    return this.spans.getFinishedSpans().find((span) => span.name === name)
  }

  async points(name: string): Promise<readonly DataPoint<unknown>[]> {
    this.#metrics.reset()
    await this.#reader.forceFlush()
    const all = this.#metrics.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    return all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? []
  }

  async values(name: string): Promise<readonly unknown[]> {
    return (await this.points(name)).map(({ attributes, value }) => ({
      ...attributes,
      value: typeof value === 'object' ? (value as { count: number }).count : value,
    }))
  }

  /** All spans and metrics, as JSON. */
  async exported(): Promise<string> {
    await this.#reader.forceFlush()
    const spans = this.spans
      .getFinishedSpans()
      .map(({ name, attributes, events, status }) => ({ name, attributes, events, status }))
    return JSON.stringify([spans, this.#metrics.getMetrics().map(({ scopeMetrics }) => scopeMetrics)])
  }
}

let instruments: Instruments
let fake: FakeSpotify
let vault: Vault
let stagedoor: Stagedoor
let now: number
let latency: number

beforeEach(() => {
  now = Date.UTC(2026, 10, 23)
  latency = 0
  instruments = new Instruments()
  fake = createFakeSpotify({ clock: () => now })
  vault = createVault({
    kms: otelKms(localKms({ keyId: 'main', key: crypto.getRandomValues(new Uint8Array(32)) }), instruments),
    now: () => now,
  })
  stagedoor = createStagedoor({
    clientId: 'test-client',
    redirectUri: 'http://127.0.0.1:3000/callback',
    loginKeys: [crypto.getRandomValues(new Uint8Array(32))],
    store: memoryStore({ now: () => now }),
    vault,
    fetch: (input, init) => {
      now += latency
      return fake.fetch(input, init)
    },
    now: () => now,
    api: { retries: 1 },
  })
})
afterEach(() => stagedoor.close())

async function signIn(ownerId = 'owner-4711'): Promise<void> {
  const { url, setCookies } = await stagedoor.connections.begin({ ownerId })
  const cookies = setCookies.map((cookie) => cookie.split(';')[0]).join('; ')
  await stagedoor.connections.complete({ ownerId, url: await fake.approve(url), cookies })
}

describe('spans', () => {
  it('show a sign-in, a refresh, a call and the key service, named as in the semantic conventions', async () => {
    stagedoorOtel(stagedoor, instruments)
    await signIn()
    now += 3_600_000
    await stagedoor.client('owner-4711').me.get()
    expect(instruments.span('stagedoor sign-in')?.attributes).toEqual({ 'stagedoor.provider': 'spotify' })
    expect(instruments.span('stagedoor refresh')?.attributes).toEqual({
      'stagedoor.provider': 'spotify',
      'stagedoor.refresh.outcome': 'refreshed',
    })
    expect(instruments.span('GET /me')?.attributes).toEqual({
      'http.request.method': 'GET',
      'url.template': '/me',
      'http.response.status_code': 200,
      'stagedoor.attempts': 1,
      'stagedoor.throttles': 0,
      'stagedoor.queue.duration': 0,
    })
    expect(instruments.span('kms wrap')?.attributes).toEqual({ 'stagedoor.kms.operation': 'wrap' })
  })

  it('count attempts and 429s of a call, and mark failures', async () => {
    stagedoorOtel(stagedoor, instruments)
    await signIn()
    fake.fail({ path: '/v1/me', status: 429, retryAfter: 0 })
    await stagedoor.client('owner-4711').me.get()
    expect(instruments.span('GET /me')?.attributes).toMatchObject({
      'stagedoor.attempts': 2,
      'stagedoor.throttles': 1,
      'http.request.resend_count': 1,
    })
    await expect(stagedoor.client('owner-4711').albums.get('0000000000000000000000')).rejects.toThrow()
    const failed = instruments.span('GET /albums/{id}')
    expect(failed?.status.code).toBe(SpanStatusCode.ERROR)
    expect(failed?.attributes).toMatchObject({ 'error.type': 'API_NOT_FOUND', 'http.response.status_code': 404 })
  })

  it("last as long as the operation did, and are children of the caller's span", async () => {
    const storage = new AsyncLocalStorage<Context>()
    context.setGlobalContextManager({
      active: () => storage.getStore() ?? ROOT_CONTEXT,
      with: (active, run, self, ...args) => storage.run(active, () => run.call(self as never, ...args)),
      bind: (_, target) => target,
      enable() {
        return this
      },
      disable() {
        return this
      },
    })
    try {
      stagedoorOtel(stagedoor, instruments)
      await signIn()
      const parent = instruments.tracer.startSpan('page')
      await context.with(trace.setSpan(context.active(), parent), async () => {
        latency = 1500
        await stagedoor.client('owner-4711').me.get()
      })
      const span = instruments.span('GET /me')
      expect(span?.parentSpanContext?.spanId).toBe(parent.spanContext().spanId)
      expect(span?.duration).toEqual([1, 500_000_000])
    } finally {
      context.disable()
    }
  })
})

describe('metrics', () => {
  it('count refreshes by outcome, calls by endpoint group and status, and changes of connections', async () => {
    stagedoorOtel(stagedoor, instruments)
    await signIn()
    const client = stagedoor.client('owner-4711')
    await client.me.get()
    await client.playlists.list().toArray()
    now += 3_600_000
    fake.revoke()
    await expect(client.me.get()).rejects.toMatchObject({ code: 'CONNECTION_NEEDS_REAUTH' })
    expect(await instruments.values('stagedoor.refresh.duration')).toEqual([
      expect.objectContaining({ 'stagedoor.refresh.outcome': 'ended', value: 1 }),
    ])
    expect(await instruments.values('stagedoor.sign_in.duration')).toEqual([
      { 'stagedoor.provider': 'spotify', value: 1 },
    ])
    expect(await instruments.values('stagedoor.api.call.duration')).toEqual([
      expect.objectContaining({ 'stagedoor.endpoint.group': 'me', 'http.response.status_code': 200, value: 1 }),
      expect.objectContaining({
        'stagedoor.endpoint.group': 'me/playlists',
        'http.response.status_code': 200,
        value: 1,
      }),
      expect.objectContaining({ 'stagedoor.endpoint.group': 'me', 'error.type': 'CONNECTION_NEEDS_REAUTH', value: 1 }),
    ])
    expect(await instruments.values('stagedoor.connection.changes')).toEqual([
      { 'stagedoor.provider': 'spotify', 'stagedoor.connection.change': 'created', value: 1 },
      { 'stagedoor.provider': 'spotify', 'stagedoor.connection.change': 'needs_reauth', value: 1 },
    ])
  })

  it('count every transition except refreshes, which have a histogram of their own', async () => {
    const emitter = createEmitter<StagedoorEvents>()
    stagedoorOtel({ on: emitter.on, connections: stagedoor.connections }, instruments)
    const transition = { id: '1', at: new Date(now), ownerId: 'owner-4711', provider: 'spotify' }
    await signIn()
    const connection = await stagedoor.connections.get('owner-4711')
    if (connection === undefined) throw new Error('Expected a connection.')
    emitter.emit('connection.created', { ...transition, connection })
    emitter.emit('connection.replaced', { ...transition, connection, accountChanged: false })
    emitter.emit('connection.refreshed', { ...transition, connection, rotated: true })
    emitter.emit('connection.refresh_failed', { ...transition, code: 'CONNECTION_REFRESH_FAILED', attempts: 1 })
    emitter.emit('connection.degraded', { ...transition, code: 'CONNECTION_REFRESH_FAILED' })
    emitter.emit('connection.recovered', transition)
    emitter.emit('connection.reauth_due_soon', { ...transition, reauthorizeBy: new Date(now) })
    emitter.emit('connection.needs_reauth', { ...transition, code: 'CONNECTION_NEEDS_REAUTH' })
    emitter.emit('connection.removed', transition)
    const changes = await instruments.values('stagedoor.connection.changes')
    expect(changes).toEqual(
      ['created', 'replaced', 'degraded', 'recovered', 'reauth_due_soon', 'needs_reauth', 'removed'].map((change) => ({
        'stagedoor.provider': 'spotify',
        'stagedoor.connection.change': change,
        value: 1,
      })),
    )
  })

  it('count 429s and retries, and measure the time in the queue', async () => {
    stagedoorOtel(stagedoor, instruments)
    await signIn()
    fake.fail({ path: '/v1/me', status: 429, retryAfter: 0 })
    await stagedoor.client('owner-4711').me.get()
    expect(await instruments.values('stagedoor.api.throttles')).toEqual([
      { 'stagedoor.endpoint.group': 'me', value: 1 },
    ])
    expect(await instruments.values('stagedoor.api.retries')).toEqual([
      { 'stagedoor.endpoint.group': 'me', 'error.type': 'API_RATE_LIMITED', value: 1 },
    ])
    expect(await instruments.values('stagedoor.api.queue.duration')).toEqual([
      { 'stagedoor.endpoint.group': 'me', value: 1 },
    ])
  })

  it('count the pauses that Spotify requests', async () => {
    stagedoorOtel(stagedoor, instruments)
    await signIn()
    fake.fail({ path: '/v1/me', status: 429, retryAfter: 60 })
    await expect(stagedoor.client('owner-4711').me.get({ maxWait: 1000 })).rejects.toMatchObject({
      code: 'API_RATE_LIMITED',
    })
    expect(await instruments.values('stagedoor.limiter.pauses')).toEqual([
      { 'stagedoor.pause.reason': 'rate', value: 1 },
    ])
  })

  it('show the circuit breaker, open and closed again', async () => {
    stagedoorOtel(stagedoor, instruments)
    await signIn()
    const circuit = async () =>
      (await instruments.values('stagedoor.circuit.open')).find(
        (point) => (point as { 'stagedoor.circuit': string })['stagedoor.circuit'] === 'api',
      )
    expect(await circuit()).toMatchObject({ value: 0 })
    const fault = fake.fail({ path: '/v1/me', status: 503, times: Number.POSITIVE_INFINITY })
    for (let index = 0; index < 6; index++)
      await stagedoor
        .client('owner-4711')
        .me.get({ retries: 0 })
        .catch(() => {})
    expect(await circuit()).toMatchObject({ value: 1 })
    fault.remove()
    now += 60_000
    await stagedoor
      .client('owner-4711')
      .albums.get('0000000000000000000000')
      .catch(() => {})
    expect(await circuit()).toMatchObject({ value: 0 })
  })

  it('show the age of the data key, the limiter, and connections by health', async () => {
    const limiter = {
      state: () => ({ ceiling: 90, cap: 45, window: 30_000, inWindow: 3, running: 2, queued: 7, cooldowns: [] }),
    }
    stagedoorOtel(stagedoor, { ...instruments, vault, limiter, countEvery: 60_000, now: () => now })
    expect(await instruments.values('stagedoor.data_key.age')).toEqual([])
    await signIn('ann')
    await signIn('ben')
    now += 90_000
    expect(await instruments.values('stagedoor.data_key.age')).toEqual([{ value: 90 }])
    expect(await instruments.values('stagedoor.limiter.ceiling')).toEqual([{ value: 90 }])
    expect(await instruments.values('stagedoor.limiter.queued')).toEqual([{ value: 7 }])
    expect(await instruments.values('stagedoor.limiter.running')).toEqual([{ value: 2 }])
    const connections = () => instruments.values('stagedoor.connections')
    await expect.poll(connections).toEqual([{ 'stagedoor.connection.health': 'healthy', value: 2 }])
    await stagedoor.connections.disconnect('ben')
    now += 3_600_000
    await expect.poll(connections).toEqual([
      { 'stagedoor.connection.health': 'healthy', value: 0 },
      { 'stagedoor.connection.health': 'refresh_due', value: 1 },
    ])
  })

  it('stop when the returned function is called', async () => {
    const stop = stagedoorOtel(stagedoor, instruments)
    stop()
    await signIn()
    expect(instruments.span('stagedoor sign-in')).toBeUndefined()
    expect(await instruments.values('stagedoor.circuit.open')).toEqual([])
  })
})

describe('privacy', () => {
  it('puts no owner, account, token, id of an object or query in any attribute', async () => {
    stagedoorOtel(stagedoor, { ...instruments, vault, countEvery: 1 })
    await signIn()
    const client = stagedoor.client('owner-4711')
    const me = await client.me.get()
    const [playlist] = await client.playlists.list().toArray({ max: 1 })
    if (playlist !== undefined && playlist !== null) await client.playlists.get(playlist.id)
    await client.search('a very private query', ['track'] as never).catch(() => {})
    await client.request({ path: `/users/${me.id}/unknown/5VfuKhOvT8K` }).catch(() => {})
    now += 3_600_000
    await client.me.get()
    const exported = await instruments.exported()
    expect(exported).toContain('GET /me')
    for (const secret of ['owner-4711', me.id, playlist?.id ?? 'none', 'private', '5VfuKhOvT8K']) {
      expect(exported).not.toContain(secret)
    }
    for (const { value } of fake.tokens) expect(exported).not.toContain(value)
  })
})

describe('otelKms', () => {
  it('measures failures by their code and rethrows them', async () => {
    const kms: Kms = {
      keyId: 'x',
      wrapKey: () => Promise.reject(Object.assign(new Error('no'), { code: 'VAULT_KMS_DENIED' })),
      unwrapKey: () => Promise.reject(new Error('no')),
    }
    const wrapped = otelKms(kms, instruments)
    expect('rewrapKey' in wrapped && wrapped.rewrapKey !== undefined).toBe(false)
    await expect(wrapped.wrapKey(new Uint8Array(32))).rejects.toMatchObject({ code: 'VAULT_KMS_DENIED' })
    expect(instruments.span('kms wrap')).toMatchObject({ status: { code: SpanStatusCode.ERROR } })
    expect(await instruments.values('stagedoor.kms.call.duration')).toEqual([
      { 'stagedoor.kms.operation': 'wrap', 'error.type': 'VAULT_KMS_DENIED', value: 1 },
    ])
  })

  it('still lets two keys of one service rewrap from one another', async () => {
    const client = {
      encrypt: async () => ({}),
      decrypt: async () => ({}),
      reEncrypt: async () => ({ CiphertextBlob: new Uint8Array(8) }),
    }
    const [older, newer] = ['one', 'two'].map((keyId) => otelKms(awsKms({ client, keyId }), instruments)) as [Kms, Kms]
    const foreign = otelKms(awsKms({ client: { ...client }, keyId: 'three' }), instruments)
    expect([newer.canRewrapFrom?.(older), newer.canRewrapFrom?.(foreign)]).toEqual([true, false])
    const rewrapped = await newer.rewrapKey?.(Uint8Array.of(1, 2), { source: older })
    expect(rewrapped).toEqual(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0))
    expect(newer.isMoved?.(rewrapped ?? new Uint8Array())).toBe(true)
    expect(
      otelKms(localKms({ keyId: 'local', key: crypto.getRandomValues(new Uint8Array(32)) }), instruments).isMoved,
    ).toBeUndefined()
  })
})
