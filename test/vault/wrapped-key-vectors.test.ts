import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { awsKms } from '../../src/vault/kms/aws.ts'
import { azureKms } from '../../src/vault/kms/azure.ts'
import { gcpKms } from '../../src/vault/kms/gcp.ts'
import { vaultTransitKms } from '../../src/vault/kms/vault-transit.ts'
import { readWrappedKey } from './support/decoder.ts'

interface Vector {
  readonly kms: 'aws' | 'gcp' | 'azure' | 'vault-transit'
  readonly keyVersion: string
  readonly serviceCiphertext: string
  readonly encryptedKey: string
}

const file = new URL('../../docs/vectors/wrapped-key.json', import.meta.url)
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: readonly Vector[] }

/** What an adapter sends to its service when it unwraps these bytes. */
async function sent(kms: Vector['kms'], encryptedKey: Uint8Array): Promise<{ version?: string; ciphertext: string }> {
  let seen: { version?: string; ciphertext: string } | undefined
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
  const adapters = {
    aws: () => {
      const decrypt = async (input: { CiphertextBlob: Uint8Array; EncryptionContext: Record<string, string> }) => {
        const version = 'stagedoor:moved' in input.EncryptionContext ? 'moved' : 'made here'
        seen = { version, ciphertext: text(input.CiphertextBlob) }
        return {}
      }
      return awsKms({ keyId: 'arn', client: { encrypt: async () => ({}), reEncrypt: async () => ({}), decrypt } })
    },
    gcp: () => {
      const decrypt = async ({ ciphertext }: { ciphertext: Uint8Array }) => {
        seen = { ciphertext: text(ciphertext) }
        return [{}] as const
      }
      const keyName = 'projects/p/locations/l/keyRings/r/cryptoKeys/k'
      return gcpKms({ keyName, client: { encrypt: async () => [{}], decrypt } })
    },
    azure: () => {
      const vaultUrl = 'https://name.vault.azure.net'
      const getCryptographyClient = (_: string, options?: { keyVersion?: string }) => ({
        wrapKey: async () => ({ result: new Uint8Array() }),
        unwrapKey: async (__: string, bytes: Uint8Array) => {
          seen = { version: options?.keyVersion ?? '', ciphertext: text(bytes) }
          return { result: new Uint8Array(32) }
        },
      })
      return azureKms({ keyId: `${vaultUrl}/keys/k`, client: { vaultUrl, getCryptographyClient } })
    },
    'vault-transit': () => {
      const fetch = async (...request: ConstructorParameters<typeof Request>) => {
        const { ciphertext } = (await new Request(...request).json()) as { ciphertext: string }
        const [, version = '', base64 = ''] = ciphertext.match(/^vault:v(\d+):(.+)$/) ?? []
        seen = { version, ciphertext: Buffer.from(base64, 'base64').toString('base64url') }
        return Response.json({ data: { plaintext: Buffer.alloc(32).toString('base64') } })
      }
      return vaultTransitKms({ url: 'https://vault.test', token: 't', keyName: 'k', fetch })
    },
  }
  await adapters[kms]()
    .unwrapKey(encryptedKey)
    .catch(() => {})
  if (seen === undefined) throw new Error('the adapter sent no request')
  return seen
}

describe('the published wrapped keys', () => {
  test.each(vectors)('$kms, version $keyVersion: the adapter sends the service its own ciphertext', async (vector) => {
    const { version, ciphertext } = await sent(vector.kms, Buffer.from(vector.encryptedKey, 'base64url'))
    expect(ciphertext).toBe(vector.serviceCiphertext)
    if (version !== undefined) expect(version).toBe(vector.keyVersion)
  })

  test.each(vectors)('$kms, version $keyVersion is read by a decoder of its own', (vector) => {
    const { version, ciphertext } = readWrappedKey(vector.kms, vector.encryptedKey)
    expect([version, ciphertext.toString('base64url')]).toEqual([vector.keyVersion, vector.serviceCiphertext])
  })
})
