import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

describe('staying awake', () => {
  let callbacks: (() => void)[]
  const polled = (): number => {
    const due = callbacks.splice(0)
    for (const callback of due) callback()
    return due.length
  }
  const load = async () => (await import('../../src/internal/awake.ts')).stayAwake

  beforeEach(() => {
    callbacks = []
    vi.resetModules()
    vi.stubGlobal('setImmediate', (callback: () => void) => callbacks.push(callback))
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  test('the event loop polls until the work has ended', async () => {
    const stayAwake = await load()
    const rest = stayAwake()
    for (let turn = 0; turn < 10; turn++) expect(polled()).toBe(1)
    rest()
    expect(polled()).toBe(1)
    expect(polled()).toBe(0)
  })

  test('work that hangs is given up on after a hundred polls', async () => {
    const stayAwake = await load()
    const rest = stayAwake()
    let turns = 0
    while (polled() > 0) turns++
    expect(turns).toBe(101)
    stayAwake()()
    expect(polled()).toBe(1)
    rest()
  })

  test('many pieces of work share one poll, which the last of them ends', async () => {
    const stayAwake = await load()
    const rests = Array.from({ length: 50 }, () => stayAwake())
    for (const rest of rests) {
      expect(polled()).toBe(1)
      rest()
    }
    expect(polled()).toBe(1)
    expect(polled()).toBe(0)
  })

  test('nothing happens where there is no setImmediate', async () => {
    vi.stubGlobal('setImmediate', undefined)
    const stayAwake = await load()
    expect(stayAwake()).not.toThrow()
  })

  test('a fake clock finds nothing to wait for', async () => {
    const stayAwake = await load()
    vi.useFakeTimers()
    const rest = stayAwake()
    expect(vi.getTimerCount()).toBe(0)
    rest()
  })
})
