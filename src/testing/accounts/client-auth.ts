import { oauthError } from '../answer.ts'
import type { FakeClientOptions } from '../options.ts'
import { percentDecoded } from '../percent-encoding.ts'
import type { FakeState } from '../state.ts'

export interface AuthenticatedClient {
  readonly client: FakeClientOptions
  /** Whether a secret came along, in the header or in the body. */
  readonly confidential: boolean
}

/** Who calls the token endpoint: HTTP Basic, `client_secret` in the body, or the bare client id of a PKCE application. */
export function authenticate(
  state: FakeState,
  authorization: string | null,
  form: URLSearchParams,
): AuthenticatedClient | Response {
  const basic = decodeBasic(authorization)
  if (basic === undefined && /^Basic /i.test(authorization ?? '')) return oauthError('invalid_client', 'Invalid client')
  const id = basic?.id ?? form.get('client_id')
  const secret = basic?.secret ?? form.get('client_secret')
  if (id === null || id === '') return oauthError('invalid_client')
  const client = state.client(id)
  if (client === undefined) return oauthError('invalid_client', 'Invalid client')
  if (secret !== null && client.clientSecret !== undefined && secret !== client.clientSecret)
    return oauthError('invalid_client', 'Invalid client secret')
  if (secret === '') return oauthError('invalid_client', 'Invalid client secret')
  return { client, confidential: secret !== null }
}

/** Client id and secret of an HTTP Basic header. */
export function decodeBasic(authorization: string | null): { id: string; secret: string } | undefined {
  const basic = /^Basic +([A-Za-z0-9+/_=-]+)$/i.exec(authorization ?? '')?.[1]
  const pair = basic && decode(basic)
  const colon = pair?.indexOf(':') ?? -1
  if (!pair || colon === -1) return undefined
  return { id: formDecoded(pair.slice(0, colon)), secret: formDecoded(pair.slice(colon + 1)) }
}

/** RFC 6749 §2.3.1 encodes id and secret as forms do; clients that do not are common. */
function formDecoded(text: string): string {
  return percentDecoded(text.replaceAll('+', ' ')) ?? text
}

function decode(base64: string): string | undefined {
  try {
    return atob(base64.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return undefined
  }
}
