import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import express from 'express'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { HandlerSource } from '../../src/http/adapter.ts'
import { stagedoorExpress } from '../../src/http/express.ts'
import { createHandler } from '../../src/http/handler.ts'
import { publicUrl } from '../../src/http/node.ts'
import { connectionsDouble, redirectUri } from './support/connections-double.ts'

describe('the URL of a Node request', () => {
  const origin = 'https://app.example'
  test.each([
    ['/a?b=1', 'https://app.example/a?b=1'],
    ['//evil.example/a', 'https://app.example//evil.example/a'],
    ['http://evil.example/a?b=1', 'https://app.example/a?b=1'],
    ['/\\evil.example', 'https://app.example//evil.example'],
    ['/@evil.example', 'https://app.example/@evil.example'],
    ['*', undefined],
    ['', undefined],
    [undefined, undefined],
    ['@evil.example/', undefined],
    ['.evil.example/', undefined],
    ['mailto:someone', undefined],
  ])('%s', (target, expected) => {
    expect(publicUrl(target, origin)?.href).toBe(expected)
  })
})

describe('over a raw socket', () => {
  const connections = connectionsDouble()
  const source: HandlerSource = { handler: (options) => createHandler({ connections, redirectUri }, options) }
  const errors = new EventTarget()
  const app = express()
  app.use((_req, res, next) => {
    res.setHeader('Set-Cookie', 'session=of-the-host')
    res.setHeader('Vary', 'Accept-Encoding')
    next()
  })
  app.use(stagedoorExpress(source, { owner: () => 'alice', allowedOrigins: ['https://web.example'] }))
  app.get('/library', (_req, res) => void res.send('the host’s own page'))
  app.use(((error, _req, _res, next) => {
    errors.dispatchEvent(new Event('error'))
    next(error)
  }) as express.ErrorRequestHandler)
  const server = app.listen(0, '127.0.0.1')
  beforeAll(async () => {
    if (!server.listening) await once(server, 'listening')
  })
  afterAll(() => void server.close())

  async function dial(): Promise<Socket> {
    const socket = connect((server.address() as { port: number }).port, '127.0.0.1').setEncoding('latin1')
    await once(socket, 'connect')
    return socket
  }
  async function talk(text: string): Promise<string> {
    const socket = await dial()
    let response = ''
    socket.on('data', (chunk: string) => {
      response += chunk
    })
    socket.on('error', () => {})
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write(text.replaceAll('\n', '\r\n'), 'latin1')
    await closed
    return response
  }
  const head = 'Host: evil.example\nConnection: close\n\n'

  test('an absolute request target is served by its path', async () => {
    expect(await talk(`GET http://evil.example/api/v1/spotify/health HTTP/1.1\n${head}`)).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('TRACE is 405, not an error', async () => {
    expect(await talk(`TRACE /api/v1/spotify/health HTTP/1.1\n${head}`)).toMatch(/^HTTP\/1\.1 405 /)
  })

  test('a query of a megabyte is refused by Node itself', async () => {
    vi.mocked(connections.health).mockClear()
    const response = await talk(`GET /api/v1/spotify/health?${'x'.repeat(1_000_000)} HTTP/1.1\n${head}`)
    // Node closes while the rest is still being sent, so its response may be lost on the way.
    expect(response === '' || response.startsWith('HTTP/1.1 431 '), response).toBe(true)
    expect(connections.health).not.toHaveBeenCalled()
  })

  test('headers and cookies that the host has set stay', async () => {
    const response = await talk(`GET /api/v1/spotify/auth HTTP/1.1\nOrigin: https://web.example\n${head}`)
    expect(response.match(/^set-cookie: .*$/gim)).toEqual([
      'Set-Cookie: session=of-the-host',
      'Set-Cookie: stagedoor_login_new=sealed; Max-Age=600; Path=/',
      'Set-Cookie: stagedoor_login_old=; Max-Age=0; Path=/',
    ])
    expect(response.match(/^vary: .*$/gim)).toEqual(['Vary: Accept-Encoding', 'Vary: Origin'])
  })

  test('a path of the host goes on to the host', async () => {
    expect(await talk(`GET /library HTTP/1.1\n${head}`)).toContain('own page')
  })

  test('after a body that was refused the connection serves the next request', async () => {
    const body = JSON.stringify({ code: 'c'.repeat(300_000) })
    const post = `POST /api/v1/spotify/callback HTTP/1.1\nHost: a\nContent-Type: application/json\nContent-Length: ${body.length}\n\n${body}`
    const response = await talk(`${post}GET /api/v1/spotify/health HTTP/1.1\n${head}`)
    expect(response.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200'])
  })

  test('a client that goes away within its body leaves nothing done', async () => {
    vi.mocked(connections.complete).mockClear()
    const socket = await dial()
    const reported = new Promise((resolve) => errors.addEventListener('error', resolve, { once: true }))
    socket.write(
      'POST /api/v1/spotify/callback HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"c',
      () => socket.destroy(),
    )
    await reported
    expect(connections.complete).not.toHaveBeenCalled()
  })
})
