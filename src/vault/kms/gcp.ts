import { ConfigError, type VaultError, type VaultErrorCode } from '../../errors.ts'
import { concat, utf8 } from '../../internal/bytes.ts'
import { decryptFailed } from '../cipher.ts'
import type { Kms } from '../kms.ts'
import { crc32c } from './crc32c.ts'
import { property, serviceError } from './service-error.ts'

interface Checksum {
  value: number
}
type Bytes = Uint8Array | string | null | undefined

/** The part of `KeyManagementServiceClient` from `@google-cloud/kms` that the adapter uses. */
export interface GcpKmsClient {
  encrypt(
    request: {
      name: string
      plaintext: Uint8Array
      plaintextCrc32c: Checksum
      additionalAuthenticatedData: Uint8Array
      additionalAuthenticatedDataCrc32c: Checksum
    },
    options: GcpCallOptions,
  ): Promise<readonly [GcpEncryptResponse, ...unknown[]]>
  decrypt(
    request: {
      name: string
      ciphertext: Uint8Array
      ciphertextCrc32c: Checksum
      additionalAuthenticatedData: Uint8Array
      additionalAuthenticatedDataCrc32c: Checksum
    },
    options: GcpCallOptions,
  ): Promise<readonly [GcpDecryptResponse, ...unknown[]]>
}

interface GcpCallOptions {
  retry: null
  timeout: number
}

interface GcpEncryptResponse {
  readonly name?: string | null
  readonly ciphertext?: Bytes
  readonly ciphertextCrc32c?: { readonly value?: unknown } | null
  readonly verifiedPlaintextCrc32c?: boolean | null
  readonly verifiedAdditionalAuthenticatedDataCrc32c?: boolean | null
}

interface GcpDecryptResponse {
  readonly plaintext?: Bytes
  readonly plaintextCrc32c?: { readonly value?: unknown } | null
}

/** Options of {@link gcpKms}. */
export interface GcpKmsOptions {
  /** A `KeyManagementServiceClient` of `@google-cloud/kms`. */
  readonly client: GcpKmsClient
  /** `projects/…/locations/…/keyRings/…/cryptoKeys/…`, without a version: the service picks the primary one. */
  readonly keyName: string
}

const service = 'Google Cloud KMS'
// The vault retries; the client would continue for a minute after the vault has timed out.
const callOptions: GcpCallOptions = { retry: null, timeout: 10_000 }
const layout = 1
const headerLength = 5
const checksumLength = 4
const additionalAuthenticatedData = utf8('stagedoor.data-key')
const additionalAuthenticatedDataCrc32c = { value: crc32c(additionalAuthenticatedData) }

const codes: Readonly<Record<number, VaultErrorCode>> = {
  5: 'VAULT_KEY_UNKNOWN',
  7: 'VAULT_KMS_DENIED',
  8: 'VAULT_KMS_THROTTLED',
  9: 'VAULT_KEY_DISABLED',
  16: 'VAULT_KMS_DENIED',
}
const invalidArgument = 3

/**
 * Google Cloud Key Management Service. Requests and responses have CRC-32C checksums, which are checked; the wrapped key
 * contains the key version that wrapped it, the service's ciphertext, and a checksum over both.
 * Permissions: `cloudkms.cryptoKeyVersions.useToEncrypt` and `useToDecrypt`.
 * @throws ConfigError `CONFIG_UNSUPPORTED_CLIENT`, `CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { KeyManagementServiceClient } from '@google-cloud/kms'
 * import { createVault } from 'stagedoor'
 * import { gcpKms } from 'stagedoor/kms/gcp'
 *
 * const keyName = 'projects/p/locations/europe-west1/keyRings/stagedoor/cryptoKeys/tokens'
 * const vault = createVault({ kms: gcpKms({ client: new KeyManagementServiceClient(), keyName }) })
 * ```
 */
export function gcpKms({ client, keyName }: GcpKmsOptions): Kms {
  if (typeof client?.encrypt !== 'function' || typeof client.decrypt !== 'function') {
    throw new ConfigError('CONFIG_UNSUPPORTED_CLIENT', 'Pass a `KeyManagementServiceClient` of @google-cloud/kms.')
  }
  if (!/^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/.test(keyName)) {
    throw new ConfigError('CONFIG_INVALID', 'A Google key name is projects/…/locations/…/keyRings/…/cryptoKeys/….')
  }

  return {
    keyId: keyName,

    async wrapKey(dataKey) {
      const response = await unwrapResponse(
        client.encrypt(
          {
            name: keyName,
            plaintext: dataKey,
            plaintextCrc32c: { value: crc32c(dataKey) },
            additionalAuthenticatedData,
            additionalAuthenticatedDataCrc32c,
          },
          callOptions,
        ),
        'VAULT_KMS_DENIED',
      )
      const { ciphertext, ciphertextCrc32c, verifiedPlaintextCrc32c, verifiedAdditionalAuthenticatedDataCrc32c } =
        response
      const version = Number(response.name?.match(/^(.+)\/cryptoKeyVersions\/(\d{1,9})$/)?.[2])
      const intact = verifiedPlaintextCrc32c === true && verifiedAdditionalAuthenticatedDataCrc32c === true
      if (!intact || !response.name?.startsWith(`${keyName}/`) || !Number.isInteger(version)) throw checksumMismatch()
      return pack(version, checkBytes(ciphertext, ciphertextCrc32c))
    },

    async unwrapKey(encryptedKey) {
      const ciphertext = unpack(encryptedKey)
      const { plaintext, plaintextCrc32c } = await unwrapResponse(
        client.decrypt(
          {
            name: keyName,
            ciphertext,
            ciphertextCrc32c: { value: crc32c(ciphertext) },
            additionalAuthenticatedData,
            additionalAuthenticatedDataCrc32c,
          },
          callOptions,
        ),
        'VAULT_DECRYPT_FAILED',
      )
      return checkBytes(plaintext, plaintextCrc32c)
    },
  }
}

function pack(version: number, ciphertext: Uint8Array): Uint8Array {
  const header = new Uint8Array(headerLength)
  header[0] = layout
  new DataView(header.buffer).setUint32(1, version)
  const body = concat([header, ciphertext])
  const checksum = new Uint8Array(checksumLength)
  new DataView(checksum.buffer).setUint32(0, crc32c(body))
  return concat([body, checksum])
}

function unpack(encryptedKey: Uint8Array): Uint8Array {
  const end = encryptedKey.length - checksumLength
  if (end <= headerLength || encryptedKey[0] !== layout) throw decryptFailed()
  const view = new DataView(encryptedKey.buffer, encryptedKey.byteOffset, encryptedKey.byteLength)
  if (view.getUint32(end) !== crc32c(encryptedKey.subarray(0, end))) throw decryptFailed()
  return encryptedKey.slice(headerLength, end)
}

function checkBytes(bytes: Bytes, checksum: { readonly value?: unknown } | null | undefined): Uint8Array {
  if (!(bytes instanceof Uint8Array) || checksum?.value === undefined || checksum.value === null)
    throw checksumMismatch()
  if (String(checksum.value) !== String(crc32c(bytes))) throw checksumMismatch()
  return bytes
}

function checksumMismatch(): VaultError {
  return serviceError('VAULT_KMS_UNAVAILABLE', { service, reason: 'CHECKSUM_MISMATCH' })
}

async function unwrapResponse<T>(call: Promise<readonly [T, ...unknown[]]>, onInvalid: VaultErrorCode): Promise<T> {
  try {
    return (await call)[0]
  } catch (error) {
    const status = property(error, 'code')
    const code = status === invalidArgument ? onInvalid : typeof status === 'number' ? codes[status] : undefined
    throw serviceError(code ?? 'VAULT_KMS_UNAVAILABLE', { service, reason: property(error, 'name'), status })
  }
}
