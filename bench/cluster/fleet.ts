import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { WorkerMessage, WorkerSettings } from './worker.ts'

const path = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** One process that calls through the shared limiter. */
export interface Worker {
  readonly name: string
  readonly events: readonly Extract<WorkerMessage, { type: 'event' }>[]
  start(): void
  /** Waits for its calls to end, and returns their results. */
  stop(): Promise<Extract<WorkerMessage, { type: 'done' }>>
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>
}

export async function startWorker(settings: WorkerSettings): Promise<Worker> {
  const child: ChildProcess = fork(path, [JSON.stringify(settings)], { execArgv: ['--no-warnings'] })
  const events: Extract<WorkerMessage, { type: 'event' }>[] = []
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let resolveDone: (done: Extract<WorkerMessage, { type: 'done' }>) => void = () => {}
  const done = new Promise<Extract<WorkerMessage, { type: 'done' }>>((resolve) => {
    resolveDone = resolve
  })
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the worker ended with code ${code}`)))
    child.on('message', (given) => {
      const message = given as WorkerMessage
      if (message.type === 'ready') resolve()
      else if (message.type === 'event') events.push(message)
      else resolveDone(message)
    })
  })
  return {
    name: settings.name,
    events,
    start: () => void child.send('start'),
    async stop() {
      child.send('stop')
      const result = await done
      await ended
      return result
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
