import { isStagedoorError, type VaultErrorCode } from '../../errors.ts'
import { base64url, concat, randomBytes, sameBytes } from '../../internal/bytes.ts'
import type { Kms } from '../../vault/kms.ts'

/** What a key service can be made to do. */
export type KmsFailure = 'denied' | 'throttled' | 'unavailable' | 'disabled'

/** A KMS as the contract needs it. */
export interface KmsContractSubject {
  /** The adapter under test. */
  kms(): Kms
  /** The same adapter for another key of the same kind. */
  other(): Kms
  /** Makes the service fail from now on; `undefined` heals it. Cases of failures are left out without it. */
  fail?(failure: KmsFailure | undefined): Promise<void> | void
  /** Makes a new version of the key that `kms()` uses. Cases of versions are left out without it. */
  rotate?(): Promise<void> | void
}

/** One thing that every KMS must do. */
export interface KmsContractCase {
  readonly name: string
  /** Throws what is wrong. */
  run(): Promise<void>
}

type AddCase = (name: string, run: (kms: Kms, other: Kms) => Promise<void>) => void

/**
 * What every `Kms` must do, as named cases for any test runner:
 * `for (const { name, run } of kmsContract({ kms: () => mine, other: () => another })) test(name, run)`.
 * A case that fails rejects with an `Error` that says what was expected.
 *
 * @example
 * ```ts
 * import { kmsContract } from 'stagedoor/testing'
 *
 * for (const { name, run } of kmsContract({ kms: () => kms, other: () => anotherKey })) test(name, run)
 * ```
 */
export function kmsContract(subject: KmsContractSubject): readonly KmsContractCase[] {
  const cases: KmsContractCase[] = []
  const add: AddCase = (name, run) => cases.push({ name, run: () => run(subject.kms(), subject.other()) })
  addWrapCases(add)
  addRefusalCases(add)
  addRewrapCases(add, subject)
  addFailureCases(add, subject)
  return cases
}

function addWrapCases(add: AddCase): void {
  add('the keyId is a stable name that fits a record', async (kms) => {
    expect(kms.keyId.length >= 1 && kms.keyId.length <= 1024, 'keyId must have 1 to 1024 characters')
    expect(kms.keyId === kms.keyId.trim(), 'keyId must not begin or end with white space')
  })
  add('a data key unwraps to what was wrapped', async (kms) => {
    for (const dataKey of [randomBytes(32), randomBytes(32), new Uint8Array(32)]) {
      const wrapped = await kms.wrapKey(dataKey)
      expect(wrapped instanceof Uint8Array && wrapped.length <= 4096, 'a wrapped key must have at most 4096 bytes')
      expect(sameBytes(await kms.unwrapKey(wrapped), dataKey), 'unwrapKey must give the data key back')
    }
  })
  add('a wrapped key shows nothing of the data key, and differs each time', async (kms) => {
    const dataKey = randomBytes(32)
    const [first, second] = [await kms.wrapKey(dataKey), await kms.wrapKey(dataKey)]
    expect(!contains(first, dataKey), 'the wrapped key must not contain the data key')
    expect(!sameBytes(first, second), 'two wraps of one key must differ')
  })
  add('the bytes that come and go are the caller’s', async (kms) => {
    const dataKey = randomBytes(32)
    const copy = dataKey.slice()
    const wrapped = await kms.wrapKey(dataKey)
    expect(sameBytes(dataKey, copy), 'wrapKey must not change its argument')
    dataKey.fill(0)
    const kept = wrapped.slice()
    const first = await kms.unwrapKey(wrapped)
    expect(sameBytes(wrapped, kept), 'unwrapKey must not change its argument')
    first.fill(0)
    expect(sameBytes(await kms.unwrapKey(wrapped), copy), 'overwriting a result must not reach the next one')
  })
  add('many calls at once do not mix', async (kms) => {
    const dataKeys = Array.from({ length: 20 }, () => randomBytes(32))
    const wrapped = await Promise.all(dataKeys.map((dataKey) => kms.wrapKey(dataKey)))
    const opened = await Promise.all(wrapped.map((key) => kms.unwrapKey(key)))
    for (const [index, dataKey] of dataKeys.entries())
      expect(sameBytes(opened[index] ?? new Uint8Array(), dataKey), 'each call must get its own answer')
  })
}

function addRefusalCases(add: AddCase): void {
  add('a wrapped key with a changed bit does not unwrap', async (kms) => {
    const wrapped = await kms.wrapKey(randomBytes(32))
    for (let at = 0; at < wrapped.length; at++) {
      const changed = wrapped.slice()
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
      await refused(kms.unwrapKey(changed), changed)
    }
  })
  add('a wrapped key that is cut, longer or empty does not unwrap', async (kms) => {
    const wrapped = await kms.wrapKey(randomBytes(32))
    const cut = [0, 1, 2, 5, Math.floor(wrapped.length / 2), wrapped.length - 1].map((end) => wrapped.slice(0, end))
    for (const wrong of [...cut, concat([wrapped, Uint8Array.of(0)]), randomBytes(4096)])
      await refused(kms.unwrapKey(wrong), wrong)
  })
  add('what another key has wrapped does not unwrap', async (kms, other) => {
    expect(kms.keyId !== other.keyId, 'two keys must have two keyIds')
    const wrapped = await other.wrapKey(randomBytes(32))
    await refused(kms.unwrapKey(wrapped), wrapped)
  })
}

function addRewrapCases(add: AddCase, subject: KmsContractSubject): void {
  add('a rewrapped key unwraps to the same data key', async (kms) => {
    if (kms.rewrapKey === undefined) return
    const dataKey = randomBytes(32)
    const rewrapped = await kms.rewrapKey(await kms.wrapKey(dataKey))
    expect(sameBytes(await kms.unwrapKey(rewrapped), dataKey), 'rewrapKey must keep the data key')
  })
  add('a key that canRewrapFrom accepts is rewrapped to this one', async (kms, other) => {
    if (kms.rewrapKey === undefined || kms.canRewrapFrom?.(other) !== true) return
    const dataKey = randomBytes(32)
    const rewrapped = await kms.rewrapKey(await other.wrapKey(dataKey), { source: other })
    expect(sameBytes(await kms.unwrapKey(rewrapped), dataKey), 'rewrapKey must keep the data key')
  })
  const rotate = subject.rotate?.bind(subject)
  if (rotate === undefined) return
  add('what an older version of the key has wrapped still unwraps, and can be rewrapped', async (kms) => {
    const dataKey = randomBytes(32)
    const old = await kms.wrapKey(dataKey)
    await rotate()
    const fresh = await kms.wrapKey(dataKey)
    expect(sameBytes(await kms.unwrapKey(old), dataKey), 'the older version must still unwrap')
    expect(sameBytes(await kms.unwrapKey(fresh), dataKey), 'the newer version must unwrap')
    if (kms.rewrapKey === undefined) return
    expect(sameBytes(await kms.unwrapKey(await kms.rewrapKey(old)), dataKey), 'rewrapKey must take the older version')
  })
}

function addFailureCases(add: AddCase, subject: KmsContractSubject): void {
  const fail = subject.fail?.bind(subject)
  if (fail === undefined) return
  const codes: Record<KmsFailure, VaultErrorCode> = {
    denied: 'VAULT_KMS_DENIED',
    throttled: 'VAULT_KMS_THROTTLED',
    unavailable: 'VAULT_KMS_UNAVAILABLE',
    disabled: 'VAULT_KEY_DISABLED',
  }
  for (const [failure, code] of Object.entries(codes) as [KmsFailure, VaultErrorCode][]) {
    add(`a service that is ${failure} is ${code}`, async (kms) => {
      const dataKey = randomBytes(32)
      const wrapped = await kms.wrapKey(dataKey)
      await fail(failure)
      try {
        for (const call of [() => kms.wrapKey(dataKey), () => kms.unwrapKey(wrapped)]) {
          const error = await refused(call(), dataKey, wrapped)
          expect(error.code === code, `the code must be ${code}, not ${error.code}`)
          const transient = failure === 'throttled' || failure === 'unavailable'
          expect(error.retryable === transient, `retryable must be ${transient}`)
        }
      } finally {
        await fail(undefined)
      }
      expect(sameBytes(await kms.unwrapKey(wrapped), dataKey), 'a service that is well again must be used again')
    })
  }
}

/** Expects a `VaultError` that tells none of `secrets`. */
async function refused(
  call: Promise<unknown>,
  ...secrets: Uint8Array[]
): Promise<{ code: string; retryable: boolean }> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error !== undefined, 'the call must be refused')
  if (!isStagedoorError(error) || error.name !== 'VaultError') throw new Error('the refusal must be a VaultError')
  const told = tellings(error)
  for (const secret of secrets) {
    if (secret.length < 12) continue
    for (const form of forms(secret)) expect(!told.includes(form), 'an error must not tell a key')
  }
  return error
}

/** All text that an error and its causes carry, hidden properties included. */
function tellings(error: unknown, depth = 0): string {
  if (typeof error !== 'object' || error === null || depth > 5) return String(error)
  if (error instanceof Uint8Array) return forms(error).join(' ')
  return Reflect.ownKeys(error)
    .map((key) => tellings(Reflect.get(error, key), depth + 1))
    .join('\n')
}

function forms(bytes: Uint8Array): string[] {
  const text = base64url(bytes)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [text, text.replaceAll('-', '+').replaceAll('_', '/'), hex, bytes.join()]
}

function contains(bytes: Uint8Array, part: Uint8Array): boolean {
  return bytes.some((_, start) => sameBytes(bytes.subarray(start, start + part.length), part))
}

function expect(met: boolean, otherwise: string): void {
  if (!met) throw new Error(otherwise)
}
