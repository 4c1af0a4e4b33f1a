import { describe, expect, it, vi } from 'vitest'
import { StoreError } from '../../src/errors.ts'
import { stagedoorExpress } from '../../src/http/express.ts'
import { createHandler } from '../../src/http/handler.ts'
import { base, connectionsDouble, page, program, redirectUri } from './support/connections-double.ts'

const missing = expect.objectContaining({ name: 'ConfigError', code: 'CONFIG_MISSING' })

describe('a handler without owner', () => {
  const parts = { connections: connectionsDouble(), redirectUri }

  it.each([[undefined], [{}], [{ owner: 'alice' }]])('is refused when it is made: %j', (options) => {
    expect(() => createHandler(parts, options as never)).toThrow(missing)
  })

  it('is refused by an adapter too', () => {
    const source = { handler: (options: never) => createHandler(parts, options) } as never
    expect(() => stagedoorExpress(source, {} as never)).toThrow(missing)
  })
})

describe('afterError', () => {
  it('never becomes the name of another host', async () => {
    const begin = vi.fn(async () => {
      throw new StoreError('STORE_UNAVAILABLE', 'The store is away.')
    })
    const handle = createHandler(
      { connections: connectionsDouble({ begin }), redirectUri },
      { owner: () => 'alice', afterError: 'http://127.0.0.1:3000//elsewhere.example/x' },
    )
    const response = await handle(new Request(`${base}/auth`, { headers: page }), undefined)
    const location = new URL(response.headers.get('location') ?? '', base)
    expect(location.origin).toBe(new URL(base).origin)
  })
})

describe('onError', () => {
  it('can return a promise that rejects, which is ignored', async () => {
    const rejections: unknown[] = []
    const note = (reason: unknown): number => rejections.push(reason)
    process.on('unhandledRejection', note)
    const get = vi.fn(async () => {
      throw new StoreError('STORE_UNAVAILABLE', 'The store is away.')
    })
    let calls = 0
    // Not a mock function: that would look at the promise itself.
    const onError = async (): Promise<void> => {
      calls++
      throw new Error('The log is away.')
    }
    const handle = createHandler(
      { connections: connectionsDouble({ get }), redirectUri },
      { owner: () => 'alice', onError },
    )
    const response = await handle(new Request(`${base}/connection`, { headers: program }), undefined)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(response.status).toBe(503)
    expect(calls).toBe(1)
    expect(rejections).toEqual([])
  })
})

describe('GET auth for an owner whose record cannot be read', () => {
  it('begins a sign-in that requests the basic scopes, so that the owner can connect again', async () => {
    const get = vi.fn(async () => {
      throw new StoreError('STORE_CORRUPT', 'A stored connection is corrupt.')
    })
    const connections = connectionsDouble({ get })
    const handle = createHandler(
      { connections, redirectUri, scopes: ['user-library-read'] },
      { owner: () => 'alice', scopes: ['user-top-read'] },
    )
    const response = await handle(new Request(`${base}/auth`, { headers: program }), undefined)
    expect(response.status).toBe(200)
    expect(connections.begin).toHaveBeenCalledWith(expect.objectContaining({ scopes: ['user-library-read'] }))
  })

  it('still results in 503 while the store is unavailable', async () => {
    const get = vi.fn(async () => {
      throw new StoreError('STORE_UNAVAILABLE', 'The store is away.')
    })
    const handle = createHandler(
      { connections: connectionsDouble({ get }), redirectUri },
      { owner: () => 'alice', scopes: ['user-top-read'] },
    )
    const response = await handle(new Request(`${base}/auth`, { headers: program }), undefined)
    expect(response.status).toBe(503)
  })
})
