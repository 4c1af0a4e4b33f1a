import { describe, expect, test } from 'vitest'
import { randomBytes } from '../../src/internal/bytes.ts'
import { createVault, localKms } from '../../src/vault/index.ts'

const binding = { clientId: 'app', provider: 'spotify', ownerId: 'user-1', field: 'access' }

describe('vault', () => {
  test('what was sealed opens with the same binding', async () => {
    const vault = createVault({ kms: localKms({ keyId: 'main', key: randomBytes(32) }) })
    const token = await vault.seal('a token', binding)
    expect(await vault.open(token, binding)).toBe('a token')
  })
})
