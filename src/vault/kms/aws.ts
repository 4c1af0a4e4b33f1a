import { ConfigError, type VaultError, type VaultErrorCode } from '../../errors.ts'
import { concat } from '../../internal/bytes.ts'
import type { CallOptions } from '../../internal/signal.ts'
import { decryptFailed } from '../cipher.ts'
import type { Kms, RewrapOptions } from '../kms.ts'
import { property, serviceError } from './service-error.ts'

interface AwsRequestOptions {
  readonly abortSignal?: AbortSignal
}

/** The part of `KMS` from `@aws-sdk/client-kms` that the adapter uses. */
export interface AwsKmsClient {
  encrypt(
    input: { KeyId: string; Plaintext: Uint8Array; EncryptionContext: Record<string, string> },
    options?: AwsRequestOptions,
  ): Promise<{ readonly CiphertextBlob?: Uint8Array | undefined }>
  decrypt(
    input: { KeyId: string; CiphertextBlob: Uint8Array; EncryptionContext: Record<string, string> },
    options?: AwsRequestOptions,
  ): Promise<{ readonly Plaintext?: Uint8Array | undefined }>
  reEncrypt(
    input: {
      CiphertextBlob: Uint8Array
      SourceKeyId: string
      SourceEncryptionContext: Record<string, string>
      DestinationKeyId: string
      DestinationEncryptionContext: Record<string, string>
    },
    options?: AwsRequestOptions,
  ): Promise<{ readonly CiphertextBlob?: Uint8Array | undefined }>
}

/** Options of {@link awsKms}. */
export interface AwsKmsOptions {
  /** A `KMS` of `@aws-sdk/client-kms` (not `KMSClient`, whose commands are classes of their own). */
  readonly client: AwsKmsClient
  /** ARN of a symmetric encryption key. An alias works until it points to another key: then older records do not open. */
  readonly keyId: string
}

const service = 'AWS KMS'
// CloudTrail shows the contexts in clear text: they name the purpose, never the owner.
const madeContext = { 'stagedoor:purpose': 'data-key' }
const movedContext = { ...madeContext, 'stagedoor:moved': 'true' }
/** The first byte of a wrapped key says which context it needs. */
const madeLayout = 1
const movedLayout = 2

const codes: Readonly<Record<string, VaultErrorCode>> = {
  AccessDeniedException: 'VAULT_KMS_DENIED',
  CredentialsProviderError: 'VAULT_KMS_DENIED',
  ExpiredTokenException: 'VAULT_KMS_DENIED',
  IncompleteSignatureException: 'VAULT_KMS_DENIED',
  InvalidClientTokenId: 'VAULT_KMS_DENIED',
  InvalidGrantTokenException: 'VAULT_KMS_DENIED',
  InvalidKeyUsageException: 'VAULT_KMS_DENIED',
  InvalidSignatureException: 'VAULT_KMS_DENIED',
  MissingAuthenticationTokenException: 'VAULT_KMS_DENIED',
  UnrecognizedClientException: 'VAULT_KMS_DENIED',
  ValidationException: 'VAULT_KMS_DENIED',
  UnsupportedOperationException: 'VAULT_KMS_DENIED',
  DisabledException: 'VAULT_KEY_DISABLED',
  KMSInvalidStateException: 'VAULT_KEY_DISABLED',
  NotFoundException: 'VAULT_KEY_UNKNOWN',
  IncorrectKeyException: 'VAULT_DECRYPT_FAILED',
  InvalidCiphertextException: 'VAULT_DECRYPT_FAILED',
  LimitExceededException: 'VAULT_KMS_THROTTLED',
  RequestLimitExceeded: 'VAULT_KMS_THROTTLED',
  Throttling: 'VAULT_KMS_THROTTLED',
  ThrottlingException: 'VAULT_KMS_THROTTLED',
  TooManyRequestsException: 'VAULT_KMS_THROTTLED',
}

/**
 * AWS Key Management Service. `Decrypt` always names the key, `ReEncrypt` rewraps without exposing the data key.
 * Permissions: `kms:Encrypt`, `kms:Decrypt`, and for rewrapping `kms:ReEncryptFrom` and `kms:ReEncryptTo`.
 * @throws ConfigError `CONFIG_UNSUPPORTED_CLIENT`, `CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { KMS } from '@aws-sdk/client-kms'
 * import { createVault } from 'stagedoor'
 * import { awsKms } from 'stagedoor/kms/aws'
 *
 * const keyId = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
 * const vault = createVault({ kms: awsKms({ client: new KMS({ region: 'eu-west-1' }), keyId }) })
 * ```
 */
export function awsKms({ client, keyId }: AwsKmsOptions): Kms {
  for (const method of ['encrypt', 'decrypt', 'reEncrypt'] as const) {
    if (typeof client?.[method] !== 'function') {
      throw new ConfigError('CONFIG_UNSUPPORTED_CLIENT', 'Pass a `KMS` of @aws-sdk/client-kms, not a `KMSClient`.')
    }
  }
  if (typeof keyId !== 'string' || keyId === '') {
    throw new ConfigError('CONFIG_INVALID', 'An AWS key needs a keyId: the ARN of the key.')
  }
  return new AwsKms(client, keyId)
}

class AwsKms implements Kms {
  readonly keyId: string
  readonly #client: AwsKmsClient

  constructor(client: AwsKmsClient, keyId: string) {
    this.keyId = keyId
    this.#client = client
  }

  async wrapKey(dataKey: Uint8Array, options?: CallOptions): Promise<Uint8Array> {
    const input = { KeyId: this.keyId, Plaintext: dataKey, EncryptionContext: madeContext }
    const blob = await call(() => this.#client.encrypt(input, requestOptions(options)), 'CiphertextBlob')
    return pack(madeLayout, blob)
  }

  async unwrapKey(encryptedKey: Uint8Array, options?: CallOptions): Promise<Uint8Array> {
    const { context, blob } = unpack(encryptedKey)
    const input = { KeyId: this.keyId, CiphertextBlob: blob, EncryptionContext: context }
    return await call(() => this.#client.decrypt(input, requestOptions(options)), 'Plaintext')
  }

  async rewrapKey(encryptedKey: Uint8Array, options?: RewrapOptions): Promise<Uint8Array> {
    const { context, blob } = unpack(encryptedKey)
    const sourceKeyId = options?.source?.keyId ?? this.keyId
    const isMoved = sourceKeyId !== this.keyId || this.isMoved(encryptedKey)
    const input = {
      CiphertextBlob: blob,
      SourceKeyId: sourceKeyId,
      SourceEncryptionContext: context,
      DestinationKeyId: this.keyId,
      DestinationEncryptionContext: isMoved ? movedContext : madeContext,
    }
    const rewrapped = await call(() => this.#client.reEncrypt(input, requestOptions(options)), 'CiphertextBlob')
    return pack(isMoved ? movedLayout : madeLayout, rewrapped)
  }

  isMoved(encryptedKey: Uint8Array): boolean {
    return encryptedKey[0] === movedLayout
  }

  canRewrapFrom(source: Kms): boolean {
    return #client in source && source.#client === this.#client
  }
}

function pack(layout: number, blob: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(layout), blob])
}

function unpack(encryptedKey: Uint8Array): { context: Record<string, string>; blob: Uint8Array } {
  const layout = encryptedKey[0]
  if ((layout !== madeLayout && layout !== movedLayout) || encryptedKey.length < 2) throw decryptFailed()
  return { context: layout === movedLayout ? movedContext : madeContext, blob: encryptedKey.slice(1) }
}

function requestOptions(options: CallOptions | undefined): AwsRequestOptions {
  return options?.signal === undefined ? {} : { abortSignal: options.signal }
}

async function call<F extends string>(
  send: () => Promise<{ readonly [field in F]?: Uint8Array | undefined }>,
  field: F,
): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined
  try {
    bytes = (await send())[field]
  } catch (error) {
    throw awsError(error)
  }
  if (!(bytes instanceof Uint8Array)) throw serviceError('VAULT_KMS_UNAVAILABLE', { service })
  return bytes
}

function awsError(error: unknown): VaultError {
  const reason = property(error, 'name')
  const metadata = property(error, '$metadata')
  const status = property(metadata, 'httpStatusCode')
  const known = typeof reason === 'string' ? codes[reason] : undefined
  const code = known ?? (status === 429 ? 'VAULT_KMS_THROTTLED' : 'VAULT_KMS_UNAVAILABLE')
  return serviceError(code, { service, reason, status, requestId: property(metadata, 'requestId') })
}
