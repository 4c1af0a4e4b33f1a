import { jitter } from '../../internal/jitter.ts'
import { abortable, sleep } from '../../internal/signal.ts'
import { runningTimeSignal } from '../../internal/timeout.ts'
import type { TokenSet } from '../../oauth/token-set.ts'
import type { RefreshContext } from '../context.ts'
import { leaseLeft } from '../records/lease.ts'
import type { ConnectionRecord } from '../records/record.ts'
import { type RefreshFailure, refreshFailure } from './failure.ts'

/** Milliseconds before each repeat of a request, up to twice as long. */
const pauses = [100, 300] as const

/**
 * Requests new tokens under the lease, and repeats the request while the lease lasts if that is safe: always if nothing
 * was sent; if something was sent, only where a refresh token works again after it was used.
 *
 * @param onLateResponse receives a response that arrives after the timeout, if `fetch` ignores its signal
 */
export async function requestTokens(
  context: RefreshContext,
  leased: ConnectionRecord,
  sent: string,
  onLateResponse: (response: TokenSet) => Promise<unknown>,
): Promise<TokenSet | RefreshFailure> {
  const { settings, localFailures } = context
  const { timeout, provider } = settings
  const reusable = provider.refreshTokensRotate === false
  for (let repeats = 0; ; repeats++) {
    const response = await requestOnce(context, leased, sent, onLateResponse)
    const pause = pauses[repeats]
    if (!('kind' in response) || pause === undefined || context.closing.aborted) return response
    const { repeatable } = response
    if (repeatable === 'never' || (repeatable === 'if not spent' && !reusable)) return response
    // An endpoint that this process could not reach before gets one request at a time.
    if (localFailures.isGeneral || leaseLeft(leased, settings) < 2 * pause + timeout) return response
    await sleep(pause + jitter(pause))
  }
}

async function requestOnce(
  { settings, tokenEndpoint, background }: RefreshContext,
  { scopes }: ConnectionRecord,
  sent: string,
  onLateResponse: (response: TokenSet) => Promise<unknown>,
): Promise<TokenSet | RefreshFailure> {
  const limit = runningTimeSignal(settings.timeout, timeoutError)
  const response = tokenEndpoint.refresh({ refreshToken: sent, scopes }, { signal: limit.signal })
  try {
    return await abortable(response, limit.signal)
  } catch (error) {
    if (limit.signal.aborted) background(response.then(onLateResponse))
    return refreshFailure(error, limit.signal.aborted)
  } finally {
    limit.done()
  }
}

function timeoutError(): DOMException {
  return new DOMException('The token request took too long.', 'TimeoutError')
}
