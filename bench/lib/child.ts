import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A script of this workspace in a child process, which prints `READY <json>` when it is ready. */
export interface Child<T> {
  readonly ready: T
  readonly process: ChildProcess
  stop(): Promise<void>
}

export async function startChild<T>(script: URL, ...args: readonly string[]): Promise<Child<T>> {
  const child = spawn(process.execPath, [script.pathname, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  let output = ''
  const ready = await new Promise<T>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      output += chunk
      const line = /^READY (.*)$/m.exec(output)?.[1]
      if (line !== undefined) resolve(JSON.parse(line) as T)
    })
    child.once('exit', (code) => reject(new Error(`${script.pathname} ended with ${code}`)))
  })
  return {
    ready,
    process: child,
    async stop() {
      if (child.exitCode !== null) return
      child.kill()
      await once(child, 'exit')
    },
  }
}
