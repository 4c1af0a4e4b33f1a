import { describe, expect, it } from 'vitest'
import { isLoopback } from '../../src/internal/loopback.ts'

const hostOf = (host: string): string => new URL(`http://${host}/`).hostname

describe('a loopback host', () => {
  it.each(['127.0.0.1', '[::1]'])('is %s, whatever the options are', (host) => {
    expect(isLoopback(hostOf(host))).toBe(true)
    expect(isLoopback(hostOf(host), { exact: true })).toBe(true)
    expect(isLoopback(hostOf(host), { localhost: true, exact: true })).toBe(true)
  })

  it.each(['127.0.0.2', '127.1', '127.255.255.255'])('is %s, of 127.0.0.0/8', (host) => {
    expect(isLoopback(hostOf(host))).toBe(true)
  })

  it('is written in one of several forms of 127.0.0.1 and ::1', () => {
    for (const host of ['127.1', '0x7f000001', '2130706433', '[0:0:0:0:0:0:0:1]']) {
      expect(isLoopback(hostOf(host), { exact: true })).toBe(true)
    }
  })

  it('is no other address of 127.0.0.0/8 when only 127.0.0.1 is accepted', () => {
    expect(isLoopback('127.0.0.2', { exact: true })).toBe(false)
  })

  it('is localhost only on request', () => {
    expect(isLoopback('localhost')).toBe(false)
    expect(isLoopback('localhost', { exact: true })).toBe(false)
    expect(isLoopback(hostOf('LOCALHOST'), { localhost: true })).toBe(true)
    expect(isLoopback('localhost', { localhost: true, exact: true })).toBe(true)
  })

  it.each([
    '127.0.0.1.evil.com',
    'evil-127.0.0.1.com',
    '127.evil.com',
    'localhost.evil.com',
    'evil.localhost',
    'localhost.',
    '128.0.0.1',
    '1.127.0.0',
    '0.0.0.0',
    '10.0.0.1',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::2]',
    'example.com',
  ])('is not %s', (host) => {
    expect(isLoopback(hostOf(host), { localhost: true })).toBe(false)
  })

  it('is not an empty host', () => {
    expect(isLoopback('', { localhost: true })).toBe(false)
  })
})
