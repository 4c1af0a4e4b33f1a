#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { run } from './program.ts'

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
const interruption = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  // A second signal has no handler and ends the process, even if it hangs.
  process.once(name, () => interruption.abort())
}

const exitCode = await run(
  process.argv.slice(2),
  {
    env: process.env,
    cwd: process.cwd(),
    stdout: process.stdout,
    stderr: process.stderr,
    signal: interruption.signal,
  },
  manifest.version,
)

const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => void stream.write('', () => resolve()))
await Promise.all([flushed(process.stdout), flushed(process.stderr)])
// A pool or client that the configuration file opened would keep the process alive, and only that file could close it.
process.exit(exitCode)
