import type { AddCase } from './limiter.ts'
import { expect, gate, rejection, settled } from './limiter-checks.ts'

export function addQueueCases(add: AddCase): void {
  add('a job runs once and its value is returned', {}, async (limiter) => {
    let runs = 0
    const value = await limiter.schedule(async () => ++runs)
    expect(value === 1 && runs === 1, 'one run and its value returned')
  })

  add('the error of a job reaches its caller unchanged', {}, async (limiter) => {
    const error = new Error('mine')
    const thrown = await limiter.schedule(() => Promise.reject(error)).catch((reason: unknown) => reason)
    expect(thrown === error, 'the same error object')
    const sync = await limiter
      .schedule(() => {
        throw error
      })
      .catch((reason: unknown) => reason)
    expect(sync === error, 'the same error object from a job that throws synchronously')
    expect((await limiter.schedule(async () => 'next')) === 'next', 'the slot to be released')
  })

  add('up to maxConcurrent jobs run at the same time', { maxConcurrent: 3 }, async (limiter) => {
    const together = gate()
    let running = 0
    let most = 0
    const job = async (): Promise<void> => {
      most = Math.max(most, ++running)
      if (running === 3) together.open()
      await together.opened
      running--
    }
    await Promise.all(Array.from({ length: 20 }, () => limiter.schedule(job)))
    expect(most === 3, `3 jobs at the same time, not ${most}`)
  })

  add('jobs start in the order in which they were scheduled', { maxConcurrent: 1 }, async (limiter) => {
    const order: number[] = []
    await Promise.all(Array.from({ length: 10 }, (_, index) => limiter.schedule(async () => order.push(index))))
    expect(order.join() === '0,1,2,3,4,5,6,7,8,9', `first in, first out, not ${order.join()}`)
  })

  add('a call whose signal has aborted never runs', {}, async (limiter) => {
    const reason = new Error('gone')
    let ran = false
    const job = async (): Promise<void> => {
      ran = true
    }
    const thrown = await limiter.schedule(job, { signal: AbortSignal.abort(reason) }).catch((error: unknown) => error)
    expect(thrown === reason && !ran, "the signal's reason and no run")
  })

  add('an abort while waiting ends the wait and the call does not count', { maxConcurrent: 1 }, async (limiter) => {
    const blocker = gate()
    const first = limiter.schedule(() => blocker.opened)
    const controller = new AbortController()
    const reason = new Error('gone')
    let ran = false
    const second = limiter.schedule(
      async () => {
        ran = true
      },
      { signal: controller.signal },
    )
    const third = limiter.schedule(async () => 'third')
    controller.abort(reason)
    const thrown = await second.catch((error: unknown) => error)
    expect(thrown === reason, "the signal's reason, before the running job has ended")
    blocker.open()
    expect((await third) === 'third' && !ran, 'the next call to run instead')
    await first
    expect(limiter.state().inWindow === 2, 'two requests in the window')
  })

  add('a full queue rejects the next call', { maxConcurrent: 1, maxQueue: 2 }, async (limiter) => {
    const blocker = gate()
    const started = gate()
    const job = (): Promise<void> => {
      started.open()
      return blocker.opened
    }
    const first = limiter.schedule(job)
    await started.opened
    const calls = [first, limiter.schedule(job), limiter.schedule(job)]
    await rejection(
      limiter.schedule(async () => {}),
      'API_QUEUE_FULL',
    )
    blocker.open()
    await Promise.all(calls)
  })

  add('close rejects queued and new calls and lets running jobs finish', { maxConcurrent: 1 }, async (limiter) => {
    const blocker = gate()
    const started = gate()
    const running = limiter.schedule(async () => {
      started.open()
      await blocker.opened
      return 'done'
    })
    await started.opened
    const waiting = limiter.schedule(async () => {})
    const closing = limiter.close()
    await rejection(waiting, 'API_CLOSED')
    await rejection(
      limiter.schedule(async () => {}),
      'API_CLOSED',
    )
    blocker.open()
    expect((await running) === 'done', 'the running job to finish')
    await closing
  })

  add('a call that waits longer than maxWait fails', { maxConcurrent: 1 }, async (limiter) => {
    const blocker = gate()
    const first = limiter.schedule(() => blocker.opened)
    const before = Date.now()
    await rejection(
      limiter.schedule(async () => {}, { maxWait: 50 }),
      'API_RATE_LIMITED',
    )
    expect(Date.now() - before < 1000, 'the error after 50 ms')
    blocker.open()
    await settled([first])
  })
}
