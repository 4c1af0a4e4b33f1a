import { ConfigError, type VaultError, type VaultErrorCode } from '../../errors.ts'
import { base64url, concat, fromBase64url } from '../../internal/bytes.ts'
import { isLoopback } from '../../internal/loopback.ts'
import { decryptFailed } from '../cipher.ts'
import type { Kms } from '../kms.ts'
import { property, serviceError } from './service-error.ts'

/** The argument of the function that returns tokens. */
export interface TransitTokenRequest {
  /** The token that the server has just rejected: return a new one. */
  readonly rejected?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link vaultTransitKms}. */
export interface VaultTransitKmsOptions {
  /** The server, for instance `https://vault.internal:8200`. Plain http only on loopback. */
  readonly url: string
  /** A token, or a function that returns the current one; it is called before each request, and again after a rejection. */
  readonly token: string | ((request: TransitTokenRequest) => string | Promise<string>)
  /** Name of a symmetric transit key. */
  readonly keyName: string
  /** Where the secrets engine is mounted. @default 'transit' */
  readonly mount?: string | undefined
  /** Namespace of an enterprise server. */
  readonly namespace?: string | undefined
  /** For a derived key: the context, base64. It must never change. */
  readonly context?: string | undefined
  /** The key's stable name in records. @default `vault-transit:MOUNT/KEYNAME` */
  readonly keyId?: string | undefined
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

const service = 'Vault transit'
const layout = 1
const headerLength = 5
const maxWrapped = 64
// A symmetric key adds a nonce and a tag. A longer ciphertext was made with a public key, and so possibly by anyone.
const maxCiphertext = 128
const namePattern = /^[\w.-]+(\/[\w.-]+)*$/

/**
 * The transit secrets engine of HashiCorp Vault or OpenBao, over `fetch`. `rewrap` moves a data key to the newest version of
 * the transit key inside the server. The policy needs `update` on `encrypt/KEY`, `decrypt/KEY` and `rewrap/KEY`;
 * do not grant `create`, with which a misspelt name would create a new key.
 * @throws ConfigError `CONFIG_ENDPOINT`, `CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { createVault } from 'stagedoor'
 * import { vaultTransitKms } from 'stagedoor/kms/vault-transit'
 *
 * const token = () => process.env.VAULT_TOKEN ?? ''
 * const kms = vaultTransitKms({ url: 'https://vault.internal:8200', token, keyName: 'tokens' })
 * const vault = createVault({ kms })
 * ```
 */
export function vaultTransitKms(options: VaultTransitKmsOptions): Kms {
  const { keyName, mount = 'transit', context } = options
  const base = baseUrl(options.url)
  if (!namePattern.test(mount) || !/^[\w.-]+$/.test(keyName) || `/${mount}/`.includes('/..')) {
    throw new ConfigError(
      'CONFIG_INVALID',
      'The mount and the key name of a transit key may have letters, digits, _ . -.',
    )
  }
  const send = createSender(options)

  const call = (operation: string, body: object, field: string, signal: AbortSignal | undefined): Promise<string> =>
    send(
      `${base}/v1/${mount}/${operation}/${keyName}`,
      { ...body, ...(context === undefined ? {} : { context }) },
      field,
      signal,
    )

  return {
    keyId: options.keyId ?? `vault-transit:${mount}/${keyName}`,

    async wrapKey(dataKey, { signal } = {}) {
      return pack(await call('encrypt', { plaintext: base64(dataKey) }, 'ciphertext', signal))
    },

    async unwrapKey(encryptedKey, { signal } = {}) {
      const plaintext = await call('decrypt', { ciphertext: unpack(encryptedKey) }, 'plaintext', signal)
      const bytes = fromBase64(plaintext)
      if (bytes === undefined || bytes.length === 0 || bytes.length > maxWrapped) throw decryptFailed()
      return bytes
    },

    async rewrapKey(encryptedKey, { signal } = {}) {
      return pack(await call('rewrap', { ciphertext: unpack(encryptedKey) }, 'ciphertext', signal))
    },
  }
}

function baseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const loopback = url !== undefined && isLoopback(url.hostname, { localhost: true, exact: true })
  if (
    url === undefined ||
    !(url.protocol === 'https:' || (url.protocol === 'http:' && loopback)) ||
    url.search !== ''
  ) {
    throw new ConfigError('CONFIG_ENDPOINT', 'The url of a Vault server must be https, or http on loopback.')
  }
  return url.origin + url.pathname.replace(/\/+$/, '')
}

type Send = (url: string, body: object, field: string, signal: AbortSignal | undefined) => Promise<string>

function createSender({ token, namespace, fetch = globalThis.fetch }: VaultTransitKmsOptions): Send {
  const post = async (
    url: string,
    body: object,
    secret: string,
    signal: AbortSignal | undefined,
  ): Promise<Response> => {
    const headers: Record<string, string> = { 'content-type': 'application/json', 'x-vault-token': secret }
    if (namespace !== undefined) headers['x-vault-namespace'] = namespace
    try {
      return await fetch(url, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
        redirect: 'error',
        ...(signal === undefined ? {} : { signal }),
      })
    } catch {
      throw serviceError('VAULT_KMS_UNAVAILABLE', { service })
    }
  }

  return async (url, body, field, signal) => {
    let secret = typeof token === 'string' ? token : await token({ signal })
    let response = await post(url, body, secret, signal)
    if (response.status === 403 && typeof token === 'function') {
      const renewed = await token({ rejected: secret, signal })
      if (renewed !== secret) {
        await response.body?.cancel()
        secret = renewed
        response = await post(url, body, secret, signal)
      }
    }
    const result: unknown = await response.json().catch(() => undefined)
    const value = property(property(result, 'data'), field)
    if (response.ok && typeof value === 'string') return value
    throw transitError(response.status, result)
  }
}

function transitError(status: number, result: unknown): VaultError {
  const errors = property(result, 'errors')
  const text = Array.isArray(errors) ? errors.join('\n') : ''
  const facts = { service, status }
  if (status === 400) {
    if (text.includes('no prefix')) {
      const message =
        'Vault does not recognise the wrapped key as its own: the record is damaged, or the key’s version template changed.'
      return serviceError('VAULT_MALFORMED', { ...facts, reason: 'no_prefix' }, message)
    }
    if (text.includes('version is too new')) {
      const message =
        'Vault does not have the key version that wrapped this data key: was the server restored from an older backup?'
      return serviceError('VAULT_KEY_UNKNOWN', { ...facts, reason: 'version_too_new' }, message)
    }
    if (text.includes('(too old)')) {
      const message =
        'The key version that wrapped this data key is below min_decryption_version: lower it, rewrap, then raise it.'
      return serviceError('VAULT_KEY_DISABLED', { ...facts, reason: 'version_too_old' }, message)
    }
    if (text.includes('key not found')) return serviceError('VAULT_KEY_UNKNOWN', facts)
    const notDecryptable = text.includes('invalid ciphertext') || text.includes('message authentication failed')
    return notDecryptable ? decryptFailed() : serviceError('VAULT_KMS_DENIED', facts)
  }
  return serviceError(statusCodes[status] ?? 'VAULT_KMS_UNAVAILABLE', facts)
}

const statusCodes: Readonly<Record<number, VaultErrorCode>> = {
  401: 'VAULT_KMS_DENIED',
  403: 'VAULT_KMS_DENIED',
  404: 'VAULT_KEY_UNKNOWN',
  429: 'VAULT_KMS_THROTTLED',
}

function pack(ciphertext: string): Uint8Array {
  const [, version, text] = ciphertext.match(/^vault:v([1-9]\d{0,8}):([A-Za-z0-9+/=]+)$/) ?? []
  const bytes = text === undefined ? undefined : fromBase64(text)
  if (bytes === undefined || version === undefined) {
    throw serviceError('VAULT_KMS_DENIED', { service }, 'The transit key must have the standard version template.')
  }
  if (bytes.length > maxCiphertext) {
    throw serviceError('VAULT_KMS_DENIED', { service }, 'The transit key must be a symmetric one.')
  }
  const header = new Uint8Array(headerLength)
  header[0] = layout
  new DataView(header.buffer).setUint32(1, Number(version))
  return concat([header, bytes])
}

function unpack(encryptedKey: Uint8Array): string {
  const { length } = encryptedKey
  if (encryptedKey[0] !== layout || length <= headerLength || length > headerLength + maxCiphertext)
    throw decryptFailed()
  const version = new DataView(encryptedKey.buffer, encryptedKey.byteOffset).getUint32(1)
  return `vault:v${version}:${base64(encryptedKey.subarray(headerLength))}`
}

function base64(bytes: Uint8Array): string {
  const text = base64url(bytes).replaceAll('-', '+').replaceAll('_', '/')
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

function fromBase64(text: string): Uint8Array | undefined {
  return fromBase64url(text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''))
}
