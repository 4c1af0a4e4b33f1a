import { invalidArgument, isStagedoorError, LoginError } from '../../errors.ts'
import { lazy } from '../../internal/lazy.ts'
import { loadRetry } from '../../internal/retry.ts'
import { sameOriginPath } from '../../internal/same-origin.ts'
import type { CallOptions } from '../../internal/signal.ts'
import { timeoutSignal } from '../../internal/timeout.ts'
import { readCallback } from '../../oauth/callback.ts'
import { createLoginCookies, type Login } from '../../oauth/login.ts'
import { composeOAuth } from '../../oauth/oauth.ts'
import type { Account } from '../../oauth/provider.ts'
import type { TokenSet } from '../../oauth/token-set.ts'
import type { ConnectionsContext } from '../context.ts'
import { type Connection, checkOwnerId, toConnection } from '../records/record.ts'
import type { Accounts } from './account.ts'
import { installGrant } from './grant.ts'

/** Input of `begin`. */
export interface BeginInput {
  readonly ownerId: string
  /** Same-origin path to send the browser to afterwards, at most 512 bytes. */
  readonly returnTo?: string | undefined
  readonly scopes?: readonly string[] | undefined
  readonly showDialog?: boolean | undefined
  /** The request's `Cookie` header, so that old login cookies can be cleared. */
  readonly cookies?: string | undefined
}

/** Input of `complete`. */
export interface CompleteInput {
  readonly ownerId: string
  /** The callback's full URL. */
  readonly url: URL
  /** The request's `Cookie` header. */
  readonly cookies?: string | undefined
}

interface SignIn {
  begin(input: BeginInput, options?: CallOptions): Promise<{ url: URL; setCookies: readonly string[] }>
  complete(
    input: CompleteInput,
    options?: CallOptions,
  ): Promise<{ connection: Connection; returnTo?: string; setCookies: readonly string[] }>
}

/** The redirect to the provider and back. A sealed cookie holds the sign-in; the store ensures that it is used once. */
export function createSignIn(context: ConnectionsContext, accounts: Accounts): SignIn {
  const { settings, tokenEndpoint } = context
  const { provider, redirectUri, clientId, now } = settings
  const oauth = composeOAuth(settings, tokenEndpoint)
  const loginCookies = lazy(() => createLoginCookies({ keys: settings.loginKeys, clientId, redirectUri, now }))

  async function exchange(url: URL, { transaction }: Login, options: CallOptions | undefined): Promise<TokenSet> {
    const limit = timeoutSignal(settings.timeout, options?.signal, timeoutError)
    try {
      return await oauth.exchange({ url, transaction }, { signal: limit.signal })
    } catch (error) {
      options?.signal?.throwIfAborted()
      if (error instanceof LoginError || (isStagedoorError(error) && error.name === 'ConfigError')) throw error
      const retryAt = isStagedoorError(error) && 'retryAt' in error ? error.retryAt : undefined
      throw new LoginError('LOGIN_UNAVAILABLE', 'The token endpoint sent no usable response.', {
        cause: error,
        retryAt,
      })
    } finally {
      limit.done()
    }
  }

  /** Once the code is spent, only a refused user ends the sign-in. Other failures are looked up later. */
  async function accountOf(accessToken: string): Promise<Account | undefined> {
    const response = await accounts.lookUp(accessToken)
    if (response.outcome === 'refused') {
      throw new LoginError('LOGIN_USER_NOT_ALLOWED', 'This user may not use the application at the provider.')
    }
    return response.outcome === 'found' ? response.account : undefined
  }

  async function connect(input: CompleteInput, login: Login, options: CallOptions | undefined): Promise<Connection> {
    const { ownerId, url } = input
    const { transaction } = login
    if (login.ownerId !== ownerId) {
      throw new LoginError('LOGIN_OWNER_MISMATCH', 'The sign-in was started by another user; start it again.')
    }
    await readCallback(url, transaction, settings)
    // Before the code is spent: without these its tokens could not be stored.
    await loadRetry()
    await context.seal.ready(ownerId)
    if (!(await settings.store.claim(`login:${transaction.id}`, transaction.expiresAt, options))) {
      throw new LoginError('LOGIN_ALREADY_USED', 'This sign-in was completed before; start a new one.')
    }
    const authorizedAt = now()
    const tokens = await exchange(url, login, options)
    if (tokens.refreshToken === undefined) {
      throw new LoginError('LOGIN_NO_REFRESH_TOKEN', 'The authorization server sent no refresh token.')
    }
    const account = await accountOf(tokens.accessToken)
    const record = await installGrant(context, { ownerId, tokens, authorizedAt, account })
    if (account === undefined && provider.account !== undefined) accounts.markMissing(ownerId)
    return toConnection(record)
  }

  return {
    async begin(input, options) {
      checkOwnerId(input.ownerId)
      const { ownerId, scopes = settings.scopes, showDialog, cookies } = input
      const returnTo = input.returnTo === undefined ? undefined : sameOriginPath(input.returnTo, redirectUri)
      if (input.returnTo !== undefined && returnTo === undefined) {
        throw invalidArgument('returnTo is a path on the same origin, such as /library.')
      }
      options?.signal?.throwIfAborted()
      const { url, transaction } = await oauth.authorize({ scopes, showDialog })
      const setCookies = await (await loginCookies.load()).seal({ transaction, ownerId, returnTo }, cookies)
      return { url, setCookies }
    },
    async complete(input, options) {
      checkOwnerId(input.ownerId)
      options?.signal?.throwIfAborted()
      const cookies = await loginCookies.load()
      const login = await cookies.open(input.url, input.cookies)
      const setCookies = [cookies.clear(login.transaction.id)]
      try {
        const connection = await connect(input, login, options)
        return { connection, ...(login.returnTo === undefined ? {} : { returnTo: login.returnTo }), setCookies }
      } catch (error) {
        throw error instanceof LoginError ? withCookies(error, setCookies) : error
      }
    },
  }
}

function timeoutError(): DOMException {
  return new DOMException('The token request took too long.', 'TimeoutError')
}

function withCookies(error: LoginError, setCookies: readonly string[]): LoginError {
  const { code, message, cause, retryable, retryAt } = error
  return new LoginError(code, message, { cause, retryable, retryAt, setCookies })
}
