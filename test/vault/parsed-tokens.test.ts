import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { randomBytes } from '../../src/internal/bytes.ts'
import { createVault, type EncryptedToken, type Kms, localKms } from '../../src/vault/index.ts'

const binding = { clientId: 'app', provider: 'spotify', ownerId: 'user-1', field: 'access' }
type Writable = { -readonly [K in keyof EncryptedToken]: string | number }

describe('a token that was opened before', () => {
  const opened = async () => {
    const vault = createVault({ kms: localKms({ keyId: 'main', key: randomBytes(32) }) })
    const token = (await vault.seal('a token', binding)) as unknown as Writable
    const open = (given: object = binding) => vault.open(token as unknown as EncryptedToken, given as typeof binding)
    await open()
    return { vault, token, open }
  }

  test('opens again, as often as one likes', async () => {
    const { open } = await opened()
    expect(await Promise.all([open(), open(), open()])).toEqual(['a token', 'a token', 'a token'])
  })

  test.each(['nonce', 'encryptedData', 'encryptedKey', 'dataKeyId', 'keyId'] as const)(
    'does not open once its %s was changed in place, and does once it was changed back',
    async (field) => {
      const { token, open } = await opened()
      const { [field]: before } = token
      const [first = '', ...rest] = String(before)
      token[field] = [first === 'A' ? 'B' : 'A', ...rest].join('')
      await expect(open()).rejects.toMatchObject({ name: 'VaultError' })
      token[field] = before
      expect(await open()).toBe('a token')
    },
  )

  test('is malformed once a field was added, taken away or of another version', async () => {
    const { token, open } = await opened()
    const malformed = { code: 'VAULT_MALFORMED' }
    Object.assign(token, { more: 1 })
    await expect(open()).rejects.toMatchObject(malformed)
    delete (token as { more?: number }).more
    token.version = 2
    await expect(open()).rejects.toMatchObject(malformed)
    token.version = 1
    delete (token as Partial<Writable>).nonce
    await expect(open()).rejects.toMatchObject(malformed)
  })

  test('does not open with another binding, nor with one that was changed in place', async () => {
    const { open } = await opened()
    const mine = { ...binding }
    expect(await open(mine)).toBe('a token')
    mine.ownerId = 'user-2'
    const refused = { code: 'VAULT_DECRYPT_FAILED' }
    await expect(open(mine)).rejects.toMatchObject(refused)
    await expect(open({ ...binding, more: 'x' })).rejects.toMatchObject(refused)
    const { field, ...without } = binding
    await expect(open(without)).rejects.toMatchObject(refused)
    await expect(open({ ...without, field: '' })).rejects.toMatchObject(refused)
    for (const none of [{}, null, 'text', { ...binding, field: undefined }]) {
      await expect(open(none as object)).rejects.toBeInstanceOf(TypeError)
    }
    expect(await open()).toBe('a token')
  })

  test('needs the KMS again when its data key has been in memory for long enough', async () => {
    let unwrapped = 0
    let time = Date.UTC(2026, 10, 23)
    const local = localKms({ keyId: 'main', key: randomBytes(32) })
    const kms: Kms = {
      ...local,
      unwrapKey: (...given) => {
        unwrapped++
        return local.unwrapKey(...given)
      },
    }
    const vault = createVault({ kms, cache: { maxAge: 60_000 }, now: () => time })
    const token = await vault.seal('a token', binding)
    await vault.open(token, binding)
    expect(unwrapped).toBe(0)
    time += 60_000
    expect(await vault.open(token, binding)).toBe('a token')
    expect(unwrapped).toBe(1)
  })

  test('is used as it was checked, even if its fields return another value the next time', async () => {
    const { token, vault } = await opened()
    let reads = 0
    const changing = { ...token }
    Object.defineProperty(changing, 'encryptedData', {
      enumerable: true,
      get: () => (reads++ === 0 ? token.encryptedData : 'AAAA'),
    })
    expect(await vault.open(changing as unknown as EncryptedToken, binding)).toBe('a token')
    await expect(vault.open(changing as unknown as EncryptedToken, binding)).rejects.toMatchObject({
      name: 'VaultError',
    })
    await expect(vault.open(Object.assign([], token) as unknown as EncryptedToken, binding)).rejects.toMatchObject({
      code: 'VAULT_MALFORMED',
    })
  })

  test('is forgotten when a thousand others were opened since', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const vault = createVault({ kms: localKms({ keyId: 'main', key: randomBytes(32) }) })
    const openNew = async (count: number): Promise<WeakRef<EncryptedToken>[]> => {
      const tokens = await Promise.all(Array.from({ length: count }, () => vault.seal('a token', binding)))
      for (const token of tokens) await vault.open(token, binding)
      return tokens.map((token) => new WeakRef(token))
    }
    const [first, later] = [await openNew(100), await openNew(1000)]
    await new Promise((resolve) => setImmediate(resolve))
    collect()
    expect(first.filter((token) => token.deref() !== undefined)).toHaveLength(0)
    expect(later.filter((token) => token.deref() !== undefined).length).toBeGreaterThan(990)
  })
})
