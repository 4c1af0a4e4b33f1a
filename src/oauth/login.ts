import { invalidArgument, LoginError } from '../errors.ts'
import { base64url, utf8 } from '../internal/bytes.ts'
import { parseCookies, serializeCookie } from '../internal/cookie.ts'
import { lazy } from '../internal/lazy.ts'
import { loginCookieIds, loginCookieName } from '../internal/login-cookie.ts'
import { type LoginKey, noLoginKeys } from './login-keys.ts'
import { type LoginTransaction, transactionIdOf, transactionLifetime } from './transaction.ts'

/** The contents of a login cookie. */
export interface Login {
  readonly transaction: LoginTransaction
  readonly ownerId: string
  readonly returnTo?: string | undefined
}

/** Encrypts sign-ins into cookies and decrypts them. */
interface LoginCookies {
  /** `Set-Cookie` values: the new login, and the removal of the oldest ones beyond five. */
  seal(login: Login, cookies?: string): Promise<readonly string[]>
  /**
   * Returns the login that a callback belongs to.
   * @throws LoginError `LOGIN_COOKIE_MISSING`, `LOGIN_STATE_MISMATCH` or `LOGIN_EXPIRED`
   */
  open(callback: URL, cookies: string | undefined): Promise<Login>
  /** The `Set-Cookie` value that removes a login. */
  clear(id: string): string
}

const maxCookies = 5
const maxReturnToBytes = 512
const maxOwnerBytes = 255
const cookieType = 'stagedoor-login+jwt'

/** Loaded at the first sign-in, so that a process that only refreshes tokens and calls the API never loads it. */
const jose = lazy(() => Promise.all([import('jose/jwt/encrypt'), import('jose/jwt/decrypt')]))

/**
 * Login cookies as JWE (`dir`, A256GCM; RFC 7516) for one client id and redirect URI: 10 minutes, one per transaction.
 *
 * @param options.keys 32 bytes each, or their base64url; newest first: the first encrypts, all of them decrypt
 * @throws ConfigError `CONFIG_LOGIN_KEY`
 */
export async function createLoginCookies(options: {
  readonly keys: readonly LoginKey[]
  readonly clientId: string
  readonly redirectUri: string
  readonly now: () => number
}): Promise<LoginCookies> {
  const { clientId, redirectUri, now } = options
  const [{ EncryptJWT }, { jwtDecrypt }] = await jose.load()
  const secure = new URL(redirectUri).protocol === 'https:'
  const audience = `${clientId} ${redirectUri}`
  const keys = new Map<string, CryptoKey>()
  for (const key of options.keys) keys.set(await fingerprint(key.reveal()), await importKey(key.reveal()))
  const [newest] = keys
  if (newest === undefined) throw noLoginKeys()

  const clear = (id: string): string =>
    serializeCookie(loginCookieName(id, secure), '', { maxAge: 0, path: '/', secure, sameSite: 'Lax' })

  const decode = async (token: string): Promise<Login> => {
    const { payload } = await jwtDecrypt(
      token,
      ({ kid }) => {
        const key = kid === undefined ? undefined : keys.get(kid)
        if (key === undefined) throw missingCookie()
        return key
      },
      {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
        typ: cookieType,
        audience,
        currentDate: new Date(now()),
        requiredClaims: ['exp', 'jti'],
      },
    )
    const { jti, exp, state, verifier, owner, scope, returnTo } = payload
    return {
      transaction: {
        id: String(jti),
        state: String(state),
        codeVerifier: String(verifier),
        redirectUri,
        scopes: String(scope).split(' ').filter(Boolean),
        expiresAt: Number(exp) * 1000,
      },
      ownerId: String(owner),
      ...(typeof returnTo === 'string' ? { returnTo } : {}),
    }
  }

  return {
    clear,
    async seal({ transaction, ownerId, returnTo }, cookies) {
      if (utf8(ownerId).length > maxOwnerBytes) throw invalidArgument('ownerId is at most 255 bytes long.')
      if (returnTo !== undefined && utf8(returnTo).length > maxReturnToBytes) {
        throw invalidArgument('returnTo is at most 512 bytes long.')
      }
      const token = await new EncryptJWT({
        state: transaction.state,
        verifier: transaction.codeVerifier,
        owner: ownerId,
        scope: transaction.scopes.join(' '),
        ...(returnTo === undefined ? {} : { returnTo }),
      })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: cookieType, kid: newest[0] })
        .setAudience(audience)
        .setJti(transaction.id)
        .setExpirationTime(new Date(transaction.expiresAt))
        .encrypt(newest[1])
      const name = loginCookieName(transaction.id, secure)
      const maxAge = transactionLifetime / 1000
      const old = [...new Set(loginCookieIds(cookies, secure))].filter((id) => /^[\w-]{1,64}$/.test(id))
      const surplus = old.slice(0, Math.max(0, old.length - (maxCookies - 1)))
      return [serializeCookie(name, token, { maxAge, path: '/', secure, sameSite: 'Lax' }), ...surplus.map(clear)]
    },
    async open(callback, cookies) {
      const id = transactionIdOf(callback)
      const name = id === undefined ? undefined : loginCookieName(id, secure)
      const candidates = parseCookies(cookies).filter((cookie) => cookie.name === name)
      if (id === undefined || candidates.length === 0) {
        throw loginCookieIds(cookies, secure).length === 0 ? missingCookie() : stateMismatch()
      }
      let expired = false
      for (const { value } of candidates) {
        try {
          const login = await decode(value)
          if (login.transaction.id === id) return login
        } catch (error) {
          if ((error as { code?: unknown }).code === 'ERR_JWT_EXPIRED') expired = true
        }
      }
      const setCookies = [clear(id)]
      if (expired) throw new LoginError('LOGIN_EXPIRED', 'The sign-in took too long; start it again.', { setCookies })
      throw missingCookie(setCookies)
    },
  }
}

function missingCookie(setCookies: readonly string[] = []): LoginError {
  return new LoginError('LOGIN_COOKIE_MISSING', 'This browser has no valid cookie of a sign-in in progress.', {
    setCookies,
  })
}

function stateMismatch(): LoginError {
  return new LoginError(
    'LOGIN_STATE_MISMATCH',
    'The callback does not belong to the sign-in that this browser started.',
  )
}

async function fingerprint(key: Uint8Array<ArrayBuffer>): Promise<string> {
  const label = utf8('stagedoor login key id v1')
  const input = new Uint8Array([...label, ...key])
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', input)).slice(0, 6))
}

async function importKey(key: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt'])
}
