import type { AddCase } from './limiter.ts'
import { expect, gate, rejection, settled } from './limiter-checks.ts'

export function addQueueCases(add: AddCase): void {
  add('a job runs once and its value is returned', {}, async (limiter) => {
    let runs = 0
    const value = await limiter.schedule(async () => ++runs)
    expect(value === 1 && runs === 1, 'one run and its value')
  })

  add('the error of a job reaches its caller as it is', {}, async (limiter) => {
    const error = new Error('mine')
    const thrown = await limiter.schedule(() => Promise.reject(error)).catch((reason: unknown) => reason)
    expect(thrown === error, 'the same error object')
    const sync = await limiter
      .schedule(() => {
        throw error
      })
      .catch((reason: unknown) => reason)
    expect(sync === error, 'the same error object from a job that throws at once')
    expect((await limiter.schedule(async () => 'next')) === 'next', 'the slot to be free again')
  })

  add('as many jobs run at a time as allowed, and no more', { maxConcurrent: 3 }, async (limiter) => {
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
    expect(most === 3, `3 jobs at a time, not ${most}`)
  })

  add('jobs start in the order in which they came', { maxConcurrent: 1 }, async (limiter) => {
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
    expect(thrown === reason && !ran, "the signal's own reason and no run")
  })

  add('an abort while waiting ends the wait, and nothing is counted', { maxConcurrent: 1 }, async (limiter) => {
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
    expect(thrown === reason, "the signal's own reason, before the job ahead has ended")
    blocker.open()
    expect((await third) === 'third' && !ran, 'the next call to run instead')
    await first
    expect(limiter.state().inWindow === 2, 'two requests in the window')
  })

  add('a full queue refuses the next call', { maxConcurrent: 1, maxQueue: 2 }, async (limiter) => {
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

  add('closing ends what waits, lets run what runs and refuses what comes', { maxConcurrent: 1 }, async (limiter) => {
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
    expect((await running) === 'done', 'the running job to end undisturbed')
    await closing
  })

  add('a call that waits for its turn too long fails in time', { maxConcurrent: 1 }, async (limiter) => {
    const blocker = gate()
    const first = limiter.schedule(() => blocker.opened)
    const before = Date.now()
    await rejection(
      limiter.schedule(async () => {}, { maxWait: 50 }),
      'API_RATE_LIMITED',
    )
    expect(Date.now() - before < 1000, 'the error when its 50 ms have passed')
    blocker.open()
    await settled([first])
  })
}
