import type { FakeClientOptions } from '../options.ts'
import { percentDecode } from '../percent-encoding.ts'
import { oauthError } from '../response.ts'
import type { FakeState } from '../state.ts'

export interface AuthenticatedClient {
  readonly client: FakeClientOptions
  /** Whether the request contained a secret, in the header or in the body. */
  readonly confidential: boolean
}

/** Authenticates a client of the token endpoint: HTTP Basic, `client_secret` in the body, or only the client id (PKCE). */
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
  const pair = basic && decodeBase64(basic)
  const colon = pair?.indexOf(':') ?? -1
  if (!pair || colon === -1) return undefined
  return { id: formDecode(pair.slice(0, colon)), secret: formDecode(pair.slice(colon + 1)) }
}

/** RFC 6749 §2.3.1 form-encodes id and secret; many clients do not, so malformed text is used as it is. */
function formDecode(text: string): string {
  return percentDecode(text.replaceAll('+', ' ')) ?? text
}

function decodeBase64(base64: string): string | undefined {
  try {
    return atob(base64.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return undefined
  }
}
