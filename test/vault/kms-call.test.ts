import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { VaultError, type VaultErrorCode } from '../../src/errors.ts'
import { createVault } from '../../src/vault/index.ts'
import { callKms } from '../../src/vault/kms-call.ts'
import { type ScriptedKms, scriptedKms } from './scripted-kms.ts'

const binding = { clientId: 'app', provider: 'spotify', ownerId: 'user-1', field: 'access' }

/** Lets the timers run until the promise has settled; tells how, and how much time they took. */
async function settled<T>(promise: Promise<T>): Promise<{ value?: T; error?: unknown; took: number }> {
  const from = Date.now()
  let outcome: { value?: T; error?: unknown } | undefined
  promise.then(
    (value) => (outcome = { value }),
    (error: unknown) => (outcome = { error }),
  )
  while (outcome === undefined) await vi.advanceTimersByTimeAsync(50)
  return { ...outcome, took: Date.now() - from }
}

describe('calls of a KMS', () => {
  let kms: ScriptedKms
  beforeEach(() => {
    vi.useFakeTimers()
    kms = scriptedKms()
  })
  afterEach(() => void vi.useRealTimers())

  const failing = (code: VaultErrorCode, times = Number.POSITIVE_INFINITY) => {
    let left = times
    kms.before = () => {
      if (left-- > 0) throw new VaultError(code, 'No.')
    }
  }

  test.each(['VAULT_KMS_UNAVAILABLE', 'VAULT_KMS_THROTTLED'] as const)(
    '%s is tried again, with pauses',
    async (code) => {
      failing(code, 2)
      const { value, took } = await settled(createVault({ kms }).seal('a token', binding))
      expect(value).toMatchObject({ version: 1 })
      expect(kms.calls).toHaveLength(3)
      expect(took).toBeGreaterThanOrEqual(300)
    },
  )

  test.each([
    'VAULT_KMS_DENIED',
    'VAULT_KEY_DISABLED',
    'VAULT_KEY_UNKNOWN',
    'VAULT_DECRYPT_FAILED',
    'VAULT_MALFORMED',
  ] as const)('%s is not tried again', async (code) => {
    failing(code)
    const { error, took } = await settled(createVault({ kms }).seal('a token', binding))
    expect(error).toMatchObject({ code, retryable: false })
    expect(kms.calls).toHaveLength(1)
    expect(took).toBeLessThanOrEqual(50)
  })

  test('what stays transient ends with its own code, inside the deadline', async () => {
    failing('VAULT_KMS_THROTTLED')
    const { error, took } = await settled(createVault({ kms }).seal('a token', binding))
    expect(error).toMatchObject({ code: 'VAULT_KMS_THROTTLED', retryable: true })
    expect(kms.calls.length).toBeGreaterThan(3)
    expect(took).toBeLessThanOrEqual(10_050)
  })

  test('a KMS that never answers is VAULT_KMS_UNAVAILABLE after the deadline, and hears of it', async () => {
    let heard: AbortSignal | undefined
    const { error, took } = await settled(
      callKms((signal) => {
        heard = signal
        return new Promise(() => {})
      }, 3_000),
    )
    expect(error).toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE', retryable: true })
    expect(took).toBeGreaterThanOrEqual(3_000)
    expect(took).toBeLessThanOrEqual(3_050)
    expect(heard?.aborted).toBe(true)
  })

  test('`timeout` of the vault is that deadline, for opening and rewrapping too', async () => {
    const token = await createVault({ kms }).seal('a token', binding)
    kms.before = () => new Promise(() => {})
    const vault = createVault({ kms, timeout: 1_000 })
    const calls = [() => vault.seal('a token', binding), () => vault.open(token, binding), () => vault.rewrap(token)]
    for (const call of calls) {
      const { error, took } = await settled<unknown>(call())
      expect(error).toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE' })
      expect(took).toBeLessThanOrEqual(1_050)
    }
  })

  test('an error that is not ours tells nothing of itself: it may carry the request', async () => {
    const secret = 'the-wrapped-key-in-a-request-body'
    kms.before = () => {
      throw Object.assign(new TypeError(secret), { request: { body: secret } })
    }
    const { error } = await settled(createVault({ kms }).seal('a token', binding))
    expect(error).toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE' })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret)
  })

  test('no timer is left behind', async () => {
    const { value } = await settled(createVault({ kms }).seal('a token', binding))
    expect(value).toBeDefined()
    expect(vi.getTimerCount()).toBe(0)
  })
})
