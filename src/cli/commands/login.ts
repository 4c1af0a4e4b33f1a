import { createConnections } from '../../connections/connections.ts'
import type { Connection } from '../../connections/records/record.ts'
import { isStagedoorError } from '../../errors.ts'
import { spotifyProvider } from '../../oauth/providers/spotify.ts'
import { awaitCallback } from '../callback-server.ts'
import { stagedoorOptions } from '../config-file.ts'
import { type Context, withConfig } from '../context.ts'
import { CommandError, type ExitCode, exitCodes } from '../exit-code.ts'

interface LoginOptions {
  readonly owner: string
  /** Seconds. */
  readonly timeout: number
}

/** Signs in with a loopback redirect URI (RFC 8252 §7.3) and stores the connection for scripts to use. */
export async function login(context: Context, { owner, timeout }: LoginOptions): Promise<ExitCode> {
  return await withConfig(context, async (config) => {
    const { terminal, output } = context
    const options = stagedoorOptions(config, terminal.env)
    const redirectUri = new URL(options.redirectUri)
    if (redirectUri.protocol !== 'http:') {
      throw new CommandError('NOT_LOOPBACK', 'The redirect URI is not on a loopback address.', {
        exitCode: exitCodes.config,
        action: 'Register http://127.0.0.1:PORT/callback as well and set SPOTIFY_REDIRECT_URI to it for this command.',
      })
    }
    const connections = createConnections({ ...options, provider: spotifyProvider })
    try {
      const { url, setCookies } = await connections.begin({ ownerId: owner }, { signal: terminal.signal })
      const cookies = setCookies.map((cookie) => cookie.split(';')[0]).join('; ')
      const connection = await awaitCallback({
        redirectUri,
        signal: AbortSignal.any([terminal.signal, AbortSignal.timeout(timeout * 1000)]),
        // Printed even with --json, because the user must see it; stdout still holds one document.
        onListening: () => void terminal.stderr.write(`Open this page in your browser and agree:\n\n  ${url.href}\n\n`),
        complete: async (callback) =>
          (await connections.complete({ ownerId: owner, url: callback, cookies }, { signal: terminal.signal }))
            .connection,
      })
      output.result(summarize(connection), [
        `Connected ${connection.accountName ?? connection.accountId ?? 'the account'} for ${owner}.`,
        `Scopes: ${connection.scopes.join(' ')}`,
        `The grant ends on ${connection.reauthorizeBy.toISOString().slice(0, 10)}.`,
      ])
      return exitCodes.ok
    } catch (error) {
      if (isStagedoorError(error) || error instanceof CommandError || terminal.signal.aborted) throw error
      if ((error as { name?: unknown }).name !== 'TimeoutError') throw error
      throw new CommandError('LOGIN_TIMEOUT', 'The sign-in was not completed in time.', {
        exitCode: exitCodes.provider,
      })
    } finally {
      await connections.close()
    }
  })
}

function summarize({ ownerId, accountId, accountName, scopes, expiresAt, reauthorizeBy }: Connection): object {
  return { ownerId, accountId, accountName, scopes, expiresAt, reauthorizeBy }
}
