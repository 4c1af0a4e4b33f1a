import { VaultError } from '../errors.ts'

const algorithm = 'AES-GCM'
const keyLength = 32

/**
 * Imports a non-extractable AES-256-GCM key and overwrites `raw`.
 * @throws VaultError `VAULT_DECRYPT_FAILED` when `raw` is not 32 bytes, and so not a data key
 */
export async function importKey(raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  try {
    if (raw.length !== keyLength) throw decryptFailed()
    return await crypto.subtle.importKey('raw', raw, algorithm, false, ['encrypt', 'decrypt'])
  } finally {
    raw.fill(0)
  }
}

const parameters = { name: algorithm, iv: new Uint8Array(), additionalData: new Uint8Array() }

/**
 * The algorithm of one call, always in the same object: Node normalizes it, which for a new object takes longer than
 * the encryption. Web Crypto copies its values before the call returns.
 */
function aesGcm(iv: Uint8Array<ArrayBuffer>, additionalData: Uint8Array<ArrayBuffer>): typeof parameters {
  parameters.iv = iv
  parameters.additionalData = additionalData
  return parameters
}

/** AES-256-GCM (NIST SP 800-38D): the ciphertext followed by the 128-bit tag. The caller overwrites `plaintext`. */
export function encrypt(
  key: CryptoKey,
  nonce: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
  plaintext: Uint8Array<ArrayBuffer>,
): Promise<ArrayBuffer> {
  return crypto.subtle.encrypt(aesGcm(nonce, additionalData), key, plaintext)
}

/** @throws VaultError `VAULT_DECRYPT_FAILED` for a wrong key, nonce, associated data, ciphertext or tag, without distinction */
export async function decrypt(
  key: CryptoKey,
  nonce: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
  encryptedData: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt(aesGcm(nonce, additionalData), key, encryptedData))
  } catch {
    throw decryptFailed()
  }
}

export function decryptFailed(): VaultError {
  return new VaultError(
    'VAULT_DECRYPT_FAILED',
    'The token or its wrapped key was altered, or belongs to something else.',
  )
}
