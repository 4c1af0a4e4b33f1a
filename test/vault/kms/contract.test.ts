import { describe, expect, test } from 'vitest'
import { VaultError } from '../../../src/errors.ts'
import { base64url, concat, randomBytes } from '../../../src/internal/bytes.ts'
import { kmsContract } from '../../../src/testing/contracts/kms.ts'
import { type Kms, localKms } from '../../../src/vault/index.ts'

const good = (keyId = 'main'): Kms => localKms({ keyId, key: randomBytes(32) })
const refuse = (): VaultError => new VaultError('VAULT_DECRYPT_FAILED', 'No.')

/** A KMS with a fault, and the fault's name. */
const faulty: Record<string, () => Kms> = {
  'that does not encrypt': () => ({
    keyId: 'main',
    wrapKey: async (key) => key.slice(),
    unwrapKey: async (key) => key.slice(),
  }),
  'that hands out its own bytes': () => {
    const inner = good()
    const opened = new Map<string, Uint8Array>()
    return {
      ...inner,
      async unwrapKey(wrapped) {
        const name = base64url(wrapped)
        const key = opened.get(name) ?? (await inner.unwrapKey(wrapped))
        opened.set(name, key)
        return key
      },
    }
  },
  'that overwrites what it is given': () => {
    const inner = good()
    const wrapKey = async (key: Uint8Array) => {
      const wrapped = await inner.wrapKey(key)
      key.fill(0)
      return wrapped
    }
    return { ...inner, wrapKey }
  },
  'that ignores trailing bytes': () => {
    const inner = good()
    return { ...inner, unwrapKey: (wrapped) => inner.unwrapKey(wrapped.slice(0, 61)) }
  },
  'that ignores a byte of the wrapped key': () => {
    const inner = good()
    const wrapKey = async (key: Uint8Array) => concat([Uint8Array.of(9), await inner.wrapKey(key)])
    return { ...inner, wrapKey, unwrapKey: (wrapped) => inner.unwrapKey(wrapped.slice(1)) }
  },
  'that throws errors of its own': () => {
    const inner = good()
    const unwrapKey = (wrapped: Uint8Array) =>
      inner.unwrapKey(wrapped).catch(() => Promise.reject(new Error('unwrap failed')))
    return { ...inner, unwrapKey }
  },
  'that shows the wrapped key in a cause': () => {
    const inner = good()
    const unwrapKey = (wrapped: Uint8Array) =>
      inner.unwrapKey(wrapped).catch(() => {
        const cause = new Error(`request {"ciphertext":"${base64url(wrapped)}"}`)
        return Promise.reject(new VaultError('VAULT_DECRYPT_FAILED', 'No.', { cause }))
      })
    return { ...inner, unwrapKey }
  },
  'that responds to calls in the wrong order': () => {
    const inner = good()
    const queue: Uint8Array[] = []
    const wrapKey = async (key: Uint8Array) => {
      queue.push(key.slice())
      await Promise.resolve()
      return await inner.wrapKey(queue.pop() ?? key)
    }
    return { ...inner, wrapKey }
  },
  'that makes wrapped keys no record can hold': () => {
    const inner = good()
    const wrapKey = async (key: Uint8Array) => concat([await inner.wrapKey(key), new Uint8Array(5000)])
    return { ...inner, wrapKey, unwrapKey: (wrapped) => inner.unwrapKey(wrapped.slice(0, 61)) }
  },
  'that wraps the same key to the same bytes': () => {
    const inner = good()
    const made = new Map<string, Uint8Array>()
    const wrapKey = async (key: Uint8Array) => {
      const wrapped = made.get(base64url(key)) ?? (await inner.wrapKey(key))
      made.set(base64url(key), wrapped)
      return wrapped.slice()
    }
    return { ...inner, wrapKey }
  },
  'whose rewrapKey makes a new data key': () => {
    const inner = good()
    return { ...inner, rewrapKey: () => inner.wrapKey(randomBytes(32)) }
  },
  'that opens nothing': () => ({ ...good(), unwrapKey: () => Promise.reject(refuse()) }),
}

async function failures(kms: Kms): Promise<string[]> {
  const failed: string[] = []
  for (const { name, run } of kmsContract({ kms: () => kms, other: () => good('other') }))
    await run().catch(() => failed.push(name))
  return failed
}

describe('the contract of a KMS', () => {
  test('is met by a good one', async () => {
    expect(await failures(good())).toEqual([])
  })

  test.each(Object.entries(faulty))('notices one %s', async (_, make) => {
    expect(await failures(make())).not.toEqual([])
  })

  test('notices failures with the wrong code', async () => {
    let failing = false
    const inner = good()
    const deny = <T>(call: () => Promise<T>) => (failing ? Promise.reject(refuse()) : call())
    const kms: Kms = {
      ...inner,
      wrapKey: (key) => deny(() => inner.wrapKey(key)),
      unwrapKey: (key) => deny(() => inner.unwrapKey(key)),
    }
    const cases = kmsContract({
      kms: () => kms,
      other: () => good('other'),
      fail(failure) {
        failing = failure !== undefined
      },
    })
    const failureCases = cases.filter(({ name }) => name.startsWith('a service that is'))
    expect(failureCases).toHaveLength(4)
    for (const { run } of failureCases) await expect(run()).rejects.toThrow(/^the code must be/)
  })
})
