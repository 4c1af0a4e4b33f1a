import { ConfigError, type VaultError, type VaultErrorCode } from '../../errors.ts'
import { concat, fromUtf8, utf8 } from '../../internal/bytes.ts'
import { ExpiringMap } from '../../internal/expiring-map.ts'
import type { CallOptions } from '../../internal/signal.ts'
import { decryptFailed } from '../cipher.ts'
import type { Kms } from '../kms.ts'
import { property, serviceError } from './service-error.ts'

/** Key wrap algorithms: RSA keys of a vault, or symmetric keys of a managed HSM. */
export type AzureWrapAlgorithm = 'RSA-OAEP-256' | 'A256KW'

/** The part of `KeyClient` from `@azure/keyvault-keys` that the adapter uses. */
export interface AzureKeyClient {
  readonly vaultUrl: string
  getCryptographyClient(keyName: string, options?: { keyVersion?: string }): AzureCryptographyClient
}

interface AzureCryptographyClient {
  wrapKey(algorithm: AzureWrapAlgorithm, key: Uint8Array, options?: AzureRequestOptions): Promise<AzureResult>
  unwrapKey(
    algorithm: AzureWrapAlgorithm,
    encryptedKey: Uint8Array,
    options?: AzureRequestOptions,
  ): Promise<AzureResult>
}

interface AzureRequestOptions {
  abortSignal?: AbortSignal
}

interface AzureResult {
  readonly result: Uint8Array
  readonly keyID?: string
}

/** Options of {@link azureKms}. */
export interface AzureKmsOptions {
  /** A `KeyClient` of `@azure/keyvault-keys` for the vault that holds the key. */
  readonly client: AzureKeyClient
  /** `https://NAME.vault.azure.net/keys/KEY`, without a version: new data keys are wrapped under the newest one. */
  readonly keyId: string
  /** @default 'RSA-OAEP-256' */
  readonly algorithm?: AzureWrapAlgorithm | undefined
}

const service = 'Azure Key Vault'
const layout = 1
const versionPattern = /^[A-Za-z0-9]{1,64}$/
const clientAge = 60 * 60_000
const maxClients = 16

/**
 * Azure Key Vault and Managed HSM. The wrapped key contains the key version that wrapped it, and is unwrapped with that version.
 * Permissions: `get`, `wrapKey`, `unwrapKey` on keys. Anyone can wrap with an RSA key's public half: see the threat model.
 * @throws ConfigError `CONFIG_UNSUPPORTED_CLIENT`, `CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { DefaultAzureCredential } from '@azure/identity'
 * import { KeyClient } from '@azure/keyvault-keys'
 * import { createVault } from 'stagedoor'
 * import { azureKms } from 'stagedoor/kms/azure'
 *
 * const client = new KeyClient('https://NAME.vault.azure.net', new DefaultAzureCredential())
 * const vault = createVault({ kms: azureKms({ client, keyId: 'https://NAME.vault.azure.net/keys/tokens' }) })
 * ```
 */
export function azureKms({ client, keyId, algorithm = 'RSA-OAEP-256' }: AzureKmsOptions): Kms {
  if (typeof client?.getCryptographyClient !== 'function') {
    throw new ConfigError('CONFIG_UNSUPPORTED_CLIENT', 'Pass a `KeyClient` of @azure/keyvault-keys.')
  }
  const keyName = URL.canParse(keyId)
    ? new URL(keyId).pathname.match(/^\/keys\/([A-Za-z0-9-]{1,127})$/)?.[1]
    : undefined
  if (keyName === undefined || new URL(keyId).origin !== new URL(client.vaultUrl).origin) {
    throw new ConfigError(
      'CONFIG_INVALID',
      'An Azure keyId is https://NAME.vault.azure.net/keys/KEY of the client’s vault.',
    )
  }
  const byVersion = new ExpiringMap<string, AzureCryptographyClient>({
    maxSize: maxClients,
    maxAge: clientAge,
    now: Date.now,
  })

  return {
    keyId,
    forgeable: algorithm === 'RSA-OAEP-256',

    async wrapKey(dataKey, options) {
      // A new client for each wrap: a client keeps the key version of its first call.
      const response = client.getCryptographyClient(keyName).wrapKey(algorithm, dataKey, requestOptions(options))
      const { result, keyID } = await checkResponse(response, 'VAULT_KMS_DENIED')
      const version = keyID?.split('/').at(-1) ?? ''
      if (keyID !== `${keyId}/${version}` || !versionPattern.test(version)) {
        throw serviceError(
          'VAULT_KMS_DENIED',
          { service, reason: 'KeyVersionMissing' },
          'Azure did not return the key version: the application needs the permission to get the key.',
        )
      }
      return concat([Uint8Array.of(layout, version.length), utf8(version), result])
    },

    async unwrapKey(encryptedKey, options) {
      const length = encryptedKey[1] ?? 0
      if (encryptedKey[0] !== layout || encryptedKey.length <= 2 + length) throw decryptFailed()
      const keyVersion = decodeVersion(encryptedKey.subarray(2, 2 + length))
      if (!versionPattern.test(keyVersion)) throw decryptFailed()
      const cryptography = byVersion.get(keyVersion) ?? client.getCryptographyClient(keyName, { keyVersion })
      const wrapped = encryptedKey.slice(2 + length)
      const response = cryptography.unwrapKey(algorithm, wrapped, requestOptions(options))
      const { result } = await checkResponse(response, 'VAULT_DECRYPT_FAILED')
      byVersion.set(keyVersion, cryptography)
      return result
    },
  }
}

function requestOptions(options: CallOptions | undefined): AzureRequestOptions {
  return options?.signal === undefined ? {} : { abortSignal: options.signal }
}

function decodeVersion(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes)
  } catch {
    return ''
  }
}

async function checkResponse(call: Promise<AzureResult>, onBadRequest: VaultErrorCode): Promise<AzureResult> {
  try {
    const response = await call
    if (response.result instanceof Uint8Array) return response
  } catch (error) {
    throw azureError(error, onBadRequest)
  }
  throw serviceError('VAULT_KMS_UNAVAILABLE', { service })
}

function azureError(error: unknown, onBadRequest: VaultErrorCode): VaultError {
  const status = property(error, 'statusCode')
  const body = property(property(error, 'details'), 'error')
  const inner = property(body, 'innerError') ?? property(body, 'innererror')
  const reason = property(inner, 'code') ?? property(body, 'code') ?? property(error, 'code')
  const headers = property(property(error, 'response'), 'headers') as { get?: (name: string) => unknown } | undefined
  const requestId = headers?.get?.('x-ms-request-id')
  return serviceError(codeOf(status, reason, onBadRequest), { service, reason, status, requestId })
}

function codeOf(status: unknown, reason: unknown, onBadRequest: VaultErrorCode): VaultErrorCode {
  if (reason === 'KeyDisabled' || reason === 'KeyExpired' || reason === 'KeyNotYetValid') return 'VAULT_KEY_DISABLED'
  switch (status) {
    case 400:
      return onBadRequest
    case 401:
    case 403:
      return 'VAULT_KMS_DENIED'
    case 404:
      return 'VAULT_KEY_UNKNOWN'
    case 409:
      return 'VAULT_KEY_DISABLED'
    case 429:
      return 'VAULT_KMS_THROTTLED'
    default:
      return 'VAULT_KMS_UNAVAILABLE'
  }
}
