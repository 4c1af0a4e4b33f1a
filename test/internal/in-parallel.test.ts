import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { inParallel } from '../../src/internal/in-parallel.ts'

test('every item is worked on once, and never more than `width` at a time', async () => {
  let running = 0
  let most = 0
  const seen: number[] = []
  await inParallel(
    Array.from({ length: 50 }, (_, index) => index),
    4,
    async (item) => {
      most = Math.max(most, ++running)
      await turn()
      seen.push(item)
      running--
    },
  )
  expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index))
  expect(most).toBe(4)
})

test('a failure starts nothing more, and waits for what is under way', async () => {
  const started: number[] = []
  const ended: number[] = []
  const run = inParallel(
    Array.from({ length: 50 }, (_, index) => index),
    4,
    async (item) => {
      started.push(item)
      await turn()
      if (item === 2) throw new Error('no')
      await turn()
      ended.push(item)
    },
  )
  await expect(run).rejects.toThrow('no')
  expect(started.length).toBeLessThan(10)
  expect(ended.length).toBe(started.length - 1)
})

test('nothing to do is done at once', async () => {
  await expect(inParallel([], 4, () => Promise.reject(new Error('no')))).resolves.toBeUndefined()
})
