import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, test } from 'vitest'
import type { Ceiling } from '../../../src/limits/adaptive/ceiling.ts'
import { CeilingRules } from '../../../src/limits/adaptive/ceiling-rules.ts'
import { SharedWindow } from '../../../src/limits/shared/shared-window.ts'
import { available, urls } from '../../support/services.ts'

const rules = new CeilingRules({ window: 30_000, initialCeiling: 90 })
const [guard, expiration] = [50, 15_000]

describe.skipIf(!(await available('redis')))('the shared window', () => {
  const redis = new Redis(urls.redis, { lazyConnect: true })
  const prefix = `test-${randomUUID()}`
  let number = 0
  afterAll(async () => {
    const keys = await redis.keys(`*${prefix}*`)
    if (keys.length > 0) await redis.del(...keys)
    await redis.quit()
  })
  const make = () => new SharedWindow({ client: redis, id: `${prefix}-${++number}`, rules, guard, expiration })
  const time = async () => {
    const [seconds, micros] = await redis.time()
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
  }
  /** A window with this ceiling in which `count` requests got their response `ago` milliseconds ago. */
  const filled = async (changes: Partial<Ceiling>, count: number, ago = 0) => {
    const window = make()
    const now = await time()
    const leavesAt = now - ago + rules.window + guard
    const sent = Array.from({ length: count }, (_, index) => [`x:${index}:${now - ago}`, leavesAt] as const)
    await window.join({ ...rules.initial(), capChangedAt: now, ...changes }, [], sent)
    return window
  }

  test.each([
    [100, 40, 0, 50],
    [100, 20, 0, 50],
    [100, 60, 1, 50],
    [100, 60, 0, 100],
    [100, 40, 0],
    [100, 60, 0],
    [100, 99, 0],
    [60, 45, 1],
    [60, 10, 1],
    [240, 20, 2],
    [240, 5, 2],
    [7, 6, 2],
  ])(
    'paces as the window in process does: cap %i, %i used, %i bursts refused',
    async (cap, count, spacingLevel, proven = 0) => {
      const ceiling = { ...rules.initial(), cap, spacingLevel, proven }
      const window = await filled({ cap, spacingLevel, proven }, count)
      const first = await window.admit('a:1', '*', 60_000)
      const second = await window.admit('a:2', '*', 60_000)
      if (first.status !== 'sent' || second.status !== 'sent') throw new Error('not admitted')
      expect(first.delay).toBe(0)
      const used = Math.min(count + 1, cap - 1)
      const spacing = count + 1 < cap ? rules.spacing(ceiling, used) : second.delay
      expect(second.now + second.delay - first.now).toBeGreaterThanOrEqual(Math.floor(spacing))
      expect(second.delay).toBeLessThanOrEqual(Math.ceil(spacing))
    },
  )

  test('a full window gives its next place when the oldest request leaves', async () => {
    const window = await filled({ cap: 10, upperBound: 11, proven: 10 }, 10, 29_000)
    const admission = await window.admit('a:1', '*', 60_000)
    if (admission.status !== 'sent') throw new Error('not admitted')
    expect(Math.abs(admission.delay - 1050)).toBeLessThan(250)
    expect(admission.ticket.count).toBe(10)
    expect((await window.admit('a:2', '*', 100)).status).toBe('wait')
  })

  test('the place of a request that was not sent is free at once', async () => {
    const window = await filled({ cap: 1 }, 0)
    const admission = await window.admit('a:1', '*', 0)
    if (admission.status !== 'sent') throw new Error('not admitted')
    expect((await window.admit('a:2', '*', 0)).status).toBe('wait')
    await window.finish(admission.ticket.member, 'unsent', '*')
    expect((await window.admit('a:3', '*', 500)).status).toBe('sent')
  })

  test('of two processes that are refused in one epoch only the first teaches the ceiling', async () => {
    const window = await filled({ cap: 100 }, 40, 29_500)
    const [one, two] = [await window.admit('a:1', '*', 9000), await window.admit('b:1', '*', 9000)]
    if (one.status !== 'sent' || two.status !== 'sent') throw new Error('not admitted')
    const first = await window.refuse(one.ticket, '*', 'rate', 1000)
    const second = await window.refuse(two.ticket, '*', 'rate', 1000)
    expect(first.ceiling?.epoch).toBe(1)
    expect(first.ceiling?.proven).toBeLessThan(100)
    expect(second.ceiling).toEqual(first.ceiling)
    expect((await window.admit('a:2', 'player', 0)).status).toBe('paused')
  })

  test('a quota teaches it nothing and pauses its scope only', async () => {
    const window = await filled({ cap: 100 }, 0)
    const admission = await window.admit('a:1', 'search', 0)
    if (admission.status !== 'sent') throw new Error('not admitted')
    const { ceiling, cooldown, now } = await window.refuse(admission.ticket, 'search', 'quota', undefined)
    expect(ceiling?.epoch).toBe(0)
    expect(cooldown.until - now).toBe(60_000)
    expect((await window.admit('a:2', 'search', 0)).status).toBe('paused')
    expect((await window.admit('a:3', 'player', 0)).status).toBe('sent')
  })

  test('guesses double over all processes until one succeeds', async () => {
    const window = await filled({}, 0)
    const guess = async () => {
      const admission = await window.admit(`a:${Math.random()}`, 'other', 0)
      if (admission.status !== 'sent') throw new Error('not admitted')
      const { cooldown, now } = await window.refuse(admission.ticket, 'search', 'quota', undefined)
      await window.finish(admission.ticket.member, 'refused', 'search')
      await redis.hdel(`stagedoor:limiter:{${prefix}-${number}}:pauses`, 'search')
      return { pause: cooldown.until - now, member: admission.ticket.member }
    }
    expect((await guess()).pause).toBe(60_000)
    const second = await guess()
    expect(second.pause).toBe(120_000)
    await window.finish(second.member, 'ok', 'search')
    expect((await guess()).pause).toBe(60_000)
  })

  test('nothing stays in Redis for ever', async () => {
    const window = await filled({}, 3)
    const admission = await window.admit('a:1', '*', 0)
    if (admission.status !== 'sent') throw new Error('not admitted')
    await window.refuse(admission.ticket, '*', 'rate', 5000)
    await window.finish(admission.ticket.member, 'refused', '*')
    for (const name of ['log', 'state', 'pauses']) {
      expect(await redis.pttl(`stagedoor:limiter:{${prefix}-${number}}:${name}`)).toBeGreaterThan(0)
    }
  })
})
