import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Order, Report, Site } from './worker.ts'

/** One operating-system process that uses connections. */
export interface Worker {
  /** Opens the site beforehand. */
  open(site: Site): Promise<void>
  call(order: Order): Promise<Report>
  /** Stops the process in its tracks, with everything it holds. */
  stop(): void
  resume(): void
  /** Ends it as a power cut would. */
  kill(): Promise<void>
  /** Resolves when the process has ended, by itself or not. */
  readonly ended: Promise<unknown>
}

/** Starts processes and makes sure that none outlives the tests. */
export function createFleet(): { launch(): Worker; end(): Promise<void> } {
  const children = new Set<ChildProcess>()
  return {
    launch() {
      const child = fork(new URL('./worker.ts', import.meta.url), { execArgv: ['--no-warnings'] })
      children.add(child)
      const ended = once(child, 'exit')
      const waiting = new Map<number, { resolve(report: Report): void; reject(error: Error): void }>()
      ended.then(() => {
        children.delete(child)
        for (const { reject } of waiting.values()) reject(new Error('the worker has ended'))
      })
      child.on('message', ({ id, report }: { id: number; report: Report }) => {
        waiting.get(id)?.resolve(report)
        waiting.delete(id)
      })
      let last = 0
      const send = (order: Order | Site): Promise<Report> =>
        new Promise((resolve, reject) => {
          const id = ++last
          waiting.set(id, { resolve, reject })
          child.send({ id, order })
        })
      return {
        ended,
        call: (order) => send(order),
        open: async (site) => void (await send(site)),
        stop: () => void child.kill('SIGSTOP'),
        resume: () => void child.kill('SIGCONT'),
        async kill() {
          child.kill('SIGKILL')
          await ended
        },
      }
    },
    async end() {
      await Promise.all(
        [...children].map(async (child) => {
          const ended = once(child, 'exit')
          child.kill('SIGKILL')
          await ended
        }),
      )
    },
  }
}

/** The reports of several workers as one. */
export function together(reports: readonly Report[]): Report {
  const sum = (key: 'tokens' | 'errors'): Record<string, number> => {
    const total: Record<string, number> = {}
    for (const report of reports) {
      for (const [name, count] of Object.entries(report[key])) total[name] = (total[name] ?? 0) + count
    }
    return total
  }
  return {
    tokens: sum('tokens'),
    errors: sum('errors'),
    events: reports.flatMap(({ events }) => events),
    refreshed: reports.reduce((total, { refreshed }) => total + refreshed, 0),
  }
}
