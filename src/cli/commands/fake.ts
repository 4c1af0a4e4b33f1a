import { startFakeSpotify } from '../../testing/server.ts'
import type { Context } from '../context.ts'
import { CommandError, type ExitCode, exitCodes } from '../exit-code.ts'

export interface FakeOptions {
  readonly port: number
  readonly seed?: number | undefined
}

/** Serves a fake Spotify until it is interrupted. */
export async function fake({ terminal, output }: Context, { port, seed }: FakeOptions): Promise<ExitCode> {
  const server = await startFakeSpotify({ port, seed }).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== 'EADDRINUSE') throw error
    throw new CommandError('PORT_TAKEN', `Port ${port} is taken.`, {
      exitCode: exitCodes.usage,
      action: 'Choose another with --port, or 0 for any.',
    })
  })
  const { url, endpoints } = server
  output.result({ url, endpoints }, [
    `A Spotify of your own. To see and steer it, open ${url}`,
    '',
    'Give your application these options:',
    `  endpoints: ${JSON.stringify(endpoints)}`,
    '',
    'Any client id and secret will do. Ctrl-C ends it.',
  ])
  if (!terminal.signal.aborted) {
    await new Promise<void>((resolve) => terminal.signal.addEventListener('abort', () => resolve(), { once: true }))
  }
  await server.close()
  return exitCodes.ok
}
