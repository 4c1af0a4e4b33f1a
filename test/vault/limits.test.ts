import { describe, expect, it } from 'vitest'
import { localKms } from '../../src/vault/kms/local.ts'
import { createVault } from '../../src/vault/vault.ts'

const invalid = expect.objectContaining({ name: 'ConfigError', code: 'CONFIG_INVALID' })
const kms = (keyId: string) => localKms({ keyId, key: crypto.getRandomValues(new Uint8Array(32)) })

describe('createVault', () => {
  it.each(['k'.repeat(513), 'ä'.repeat(257), 'k\0', 'k\ud800'])(
    'refuses a key whose name no store keeps, before a token is sealed under it',
    (keyId) => {
      expect(() => createVault({ kms: kms(keyId) })).toThrow(invalid)
      expect(() => createVault({ kms: kms('main'), retired: [kms(keyId)] })).toThrow(invalid)
    },
  )

  it('takes a name of 512 bytes', () => {
    expect(() => createVault({ kms: kms('k'.repeat(512)) })).not.toThrow()
  })

  it('refuses a timeout at which a timer would fire at once', () => {
    expect(() => createVault({ kms: kms('main'), timeout: 2 ** 31 })).toThrow(invalid)
  })
})
