import { startFakeSpotify } from '../../testing/server.ts'
import type { Context } from '../context.ts'
import { CommandError, type ExitCode, exitCodes } from '../exit-code.ts'

interface FakeOptions {
  readonly port: number
  readonly seed?: number | undefined
}

/** Serves a fake Spotify until it is interrupted. */
export async function fake({ terminal, output }: Context, { port, seed }: FakeOptions): Promise<ExitCode> {
  const server = await startFakeSpotify({ port, seed }).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== 'EADDRINUSE') throw error
    throw new CommandError('PORT_TAKEN', `Port ${port} is taken.`, {
      exitCode: exitCodes.usage,
      action: 'Choose another with --port, or 0 for any free one.',
    })
  })
  const { url, endpoints } = server
  output.result({ url, endpoints }, [
    `A fake Spotify is running. To view and control it, open ${url}`,
    '',
    'Configure your application with these options:',
    `  endpoints: ${JSON.stringify(endpoints)}`,
    '',
    'Any client id and secret are accepted. Press Ctrl-C to stop.',
  ])
  if (!terminal.signal.aborted) {
    await new Promise<void>((resolve) => terminal.signal.addEventListener('abort', () => resolve(), { once: true }))
  }
  await server.close()
  return exitCodes.ok
}
