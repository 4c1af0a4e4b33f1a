import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { VaultError, type VaultErrorCode } from '../../src/errors.ts'
import { createVault } from '../../src/vault/index.ts'
import { callKms } from '../../src/vault/kms-call.ts'
import { scriptedKms } from './support/scripted-kms.ts'

const binding = { clientId: 'app', provider: 'spotify', ownerId: 'user-1', field: 'access' }
const timeout = 10_000
const result = Uint8Array.of(1, 2, 3)

/** A service that fails with the given errors, then responds. Nothing here waits for real I/O, so fake time is exact. */
function service(code?: VaultErrorCode, times = Number.POSITIVE_INFINITY) {
  const self = {
    calls: 0,
    call: async () => {
      if (code !== undefined && self.calls++ < times) throw new VaultError(code, 'No.')
      return result
    },
  }
  return self
}

/** Lets the timers run until the promise has settled; returns how, and how much time they took. */
async function settled(promise: Promise<unknown>): Promise<{ value?: unknown; error?: unknown; took: number }> {
  const from = Date.now()
  let outcome: { value?: unknown; error?: unknown } | undefined
  promise.then(
    (value) => {
      outcome = { value }
    },
    (error: unknown) => {
      outcome = { error }
    },
  )
  await vi.advanceTimersByTimeAsync(0)
  while (outcome === undefined) await vi.advanceTimersByTimeAsync(10)
  return { ...outcome, took: Date.now() - from }
}

describe('calls of a KMS', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test.each(['VAULT_KMS_UNAVAILABLE', 'VAULT_KMS_THROTTLED'] as const)(
    '%s is tried again, with pauses',
    async (code) => {
      const { call } = service(code, 2)
      const { value, took } = await settled(callKms(call, timeout))
      expect(value).toBe(result)
      expect(took).toBeGreaterThanOrEqual(300)
      expect(took).toBeLessThanOrEqual(650)
    },
  )

  test.each([
    'VAULT_KMS_DENIED',
    'VAULT_KEY_DISABLED',
    'VAULT_KEY_UNKNOWN',
    'VAULT_DECRYPT_FAILED',
    'VAULT_MALFORMED',
  ] as const)('%s is not tried again', async (code) => {
    const failing = service(code)
    const { error, took } = await settled(callKms(failing.call, timeout))
    expect(error).toMatchObject({ code, retryable: false })
    expect([failing.calls, took]).toEqual([1, 0])
  })

  test('what stays transient ends with its own code, inside the deadline', async () => {
    const failing = service('VAULT_KMS_THROTTLED')
    const { error, took } = await settled(callKms(failing.call, timeout))
    expect(error).toMatchObject({ code: 'VAULT_KMS_THROTTLED', retryable: true })
    expect(failing.calls).toBe(6)
    expect(took).toBeLessThanOrEqual(timeout)
  })

  test('a deadline that comes during a pause ends with the service’s last word', async () => {
    const { error, took } = await settled(callKms(service('VAULT_KMS_THROTTLED').call, 250))
    expect(error).toMatchObject({ code: 'VAULT_KMS_THROTTLED' })
    expect(took).toBeLessThanOrEqual(260)
  })

  test('a KMS that never responds is VAULT_KMS_UNAVAILABLE after the deadline, and its signal is aborted', async () => {
    let received: AbortSignal | undefined
    const call = (signal: AbortSignal): Promise<Uint8Array> => {
      received = signal
      return new Promise(() => {})
    }
    const { error, took } = await settled(callKms(call, 3_000))
    expect(error).toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE', retryable: true })
    expect(took).toBe(3_000)
    expect(received?.aborted).toBe(true)
  })

  test('a response after the deadline is dropped', async () => {
    const late = callKms(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5_000))
      return result
    }, 3_000)
    expect((await settled(late)).error).toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE' })
  })

  test('an error of another kind is not shown: it may contain the request', async () => {
    const secret = 'the-wrapped-key-in-a-request-body'
    const call = () => Promise.reject(Object.assign(new TypeError(secret), { request: { body: secret } }))
    const { error } = await settled(callKms(call, timeout))
    expect(error).toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE' })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret)
  })

  test('a VaultError of another copy of the package is understood', async () => {
    const foreign = Object.assign(new Error('No.'), { name: 'VaultError', code: 'VAULT_KMS_DENIED', retryable: false })
    Object.defineProperty(foreign, Symbol.for('stagedoor.error'), { value: true })
    const { error, took } = await settled(callKms(() => Promise.reject(foreign), timeout))
    expect(error).toBeInstanceOf(VaultError)
    expect(error).toMatchObject({ code: 'VAULT_KMS_DENIED', retryable: false })
    expect(took).toBe(0)
  })

  test('no timer is left behind', async () => {
    await settled(callKms(service('VAULT_KMS_UNAVAILABLE', 1).call, timeout))
    await settled(callKms(service('VAULT_KMS_DENIED').call, timeout))
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('`timeout` of the vault', () => {
  test.each(['seal', 'open', 'rewrap'] as const)('ends %s when the KMS never responds', async (verb) => {
    const kms = scriptedKms()
    const token = await createVault({ kms }).seal('a token', binding)
    kms.before = () => new Promise(() => {})
    const vault = createVault({ kms, timeout: 30 })
    const calls = {
      seal: () => vault.seal('a token', binding),
      open: () => vault.open(token, binding),
      rewrap: () => vault.rewrap(token),
    }
    await expect(calls[verb]()).rejects.toMatchObject({ code: 'VAULT_KMS_UNAVAILABLE', retryable: true })
  })
})
