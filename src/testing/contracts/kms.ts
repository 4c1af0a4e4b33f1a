import { isStagedoorError, type VaultErrorCode } from '../../errors.ts'
import { base64url, concat, randomBytes, sameBytes } from '../../internal/bytes.ts'
import type { Kms } from '../../vault/kms.ts'

/** A failure that the key service can be made to return. */
export type KmsFailure = 'denied' | 'throttled' | 'unavailable' | 'disabled'

/** The KMS under test. */
export interface KmsContractSubject {
  /** The adapter under test. */
  kms(): Kms
  /** The same adapter with another key of the same kind. */
  other(): Kms
  /** Makes the service fail from now on; `undefined` ends that. Without it, failure cases are left out. */
  fail?(failure: KmsFailure | undefined): Promise<void> | void
  /** Creates a new version of the key that `kms()` uses. Without it, version cases are left out. */
  rotate?(): Promise<void> | void
}

/** One requirement for every KMS. */
export interface KmsContractCase {
  readonly name: string
  /** Rejects if the requirement is not met. */
  run(): Promise<void>
}

type AddCase = (name: string, run: (kms: Kms, other: Kms) => Promise<void>) => void

/**
 * The requirements for every `Kms`, as named cases for any test runner:
 * `for (const { name, run } of kmsContract({ kms: () => mine, other: () => another })) test(name, run)`.
 * A failed case rejects with an `Error` whose message is what was expected.
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
  add('the keyId is short enough for a record and has no surrounding white space', async (kms) => {
    expect(kms.keyId.length >= 1 && kms.keyId.length <= 1024, 'keyId must have 1 to 1024 characters')
    expect(kms.keyId === kms.keyId.trim(), 'keyId must not begin or end with white space')
  })
  add('unwrapKey returns the data key that was wrapped', async (kms) => {
    for (const dataKey of [randomBytes(64), randomBytes(32), randomBytes(16), new Uint8Array(64)]) {
      const wrapped = await kms.wrapKey(dataKey)
      expect(wrapped instanceof Uint8Array && wrapped.length <= 4096, 'a wrapped key must have at most 4096 bytes')
      expect(sameBytes(await kms.unwrapKey(wrapped), dataKey), 'unwrapKey must return the data key')
    }
  })
  add('a wrapped key does not contain the data key and differs each time', async (kms) => {
    const dataKey = randomBytes(64)
    const [first, second] = [await kms.wrapKey(dataKey), await kms.wrapKey(dataKey)]
    expect(!contains(first, dataKey), 'the wrapped key must not contain the data key')
    expect(!sameBytes(first, second), 'two wraps of one key must differ')
  })
  add('arguments are not changed and results are not shared', async (kms) => {
    const dataKey = randomBytes(64)
    const copy = dataKey.slice()
    const wrapped = await kms.wrapKey(dataKey)
    expect(sameBytes(dataKey, copy), 'wrapKey must not change its argument')
    dataKey.fill(0)
    const wrappedCopy = wrapped.slice()
    const first = await kms.unwrapKey(wrapped)
    expect(sameBytes(wrapped, wrappedCopy), 'unwrapKey must not change its argument')
    first.fill(0)
    expect(sameBytes(await kms.unwrapKey(wrapped), copy), 'overwriting a result must not change the next one')
  })
  add('concurrent calls return their own results', async (kms) => {
    const dataKeys = Array.from({ length: 20 }, () => randomBytes(64))
    const wrapped = await Promise.all(dataKeys.map((dataKey) => kms.wrapKey(dataKey)))
    const unwrapped = await Promise.all(wrapped.map((key) => kms.unwrapKey(key)))
    for (const [index, dataKey] of dataKeys.entries())
      expect(sameBytes(unwrapped[index] ?? new Uint8Array(), dataKey), 'each call must return its own result')
  })
}

function addRefusalCases(add: AddCase): void {
  add('a wrapped key with a changed bit does not unwrap', async (kms) => {
    const wrapped = await kms.wrapKey(randomBytes(64))
    await eachChangedByte(wrapped, (changed) => rejection(kms.unwrapKey(changed), changed))
  })
  add('a wrapped key that is truncated, extended or empty does not unwrap', async (kms) => {
    const wrapped = await kms.wrapKey(randomBytes(64))
    const cut = [0, 1, 2, 5, Math.floor(wrapped.length / 2), wrapped.length - 1].map((end) => wrapped.slice(0, end))
    for (const wrong of [...cut, concat([wrapped, Uint8Array.of(0)]), randomBytes(4096)])
      await rejection(kms.unwrapKey(wrong), wrong)
  })
  add('a key wrapped under another key does not unwrap', async (kms, other) => {
    expect(kms.keyId !== other.keyId, 'two keys must have different keyIds')
    const wrapped = await other.wrapKey(randomBytes(64))
    await rejection(kms.unwrapKey(wrapped), wrapped)
  })
}

function addRewrapCases(add: AddCase, subject: KmsContractSubject): void {
  add('a rewrapped key unwraps to the same data key', async (kms) => {
    if (kms.rewrapKey === undefined) return
    const dataKey = randomBytes(64)
    const rewrapped = await kms.rewrapKey(await kms.wrapKey(dataKey))
    expect(sameBytes(await kms.unwrapKey(rewrapped), dataKey), 'rewrapKey must keep the data key')
    expect(kms.isMoved?.(rewrapped) !== true, 'a key that was rewrapped under its own key is not moved')
  })
  add('a wrapped key is not moved', async (kms) => {
    expect(kms.isMoved?.(await kms.wrapKey(randomBytes(64))) !== true, 'isMoved must be false for what wrapKey returns')
  })
  add('a key wrapped by a KMS that canRewrapFrom accepts is rewrapped to this one, as moved', async (kms, other) => {
    if (kms.rewrapKey === undefined || kms.canRewrapFrom?.(other) !== true) return
    const dataKey = randomBytes(64)
    const rewrapped = await kms.rewrapKey(await other.wrapKey(dataKey), { source: other })
    expect(sameBytes(await kms.unwrapKey(rewrapped), dataKey), 'rewrapKey must keep the data key')
    if (kms.isMoved === undefined) return
    expect(kms.isMoved(rewrapped), 'isMoved must be true for a key that has come from another key')
    const again = await kms.rewrapKey(rewrapped)
    expect(kms.isMoved(again), 'a moved key must stay moved')
    expect(sameBytes(await kms.unwrapKey(again), dataKey), 'rewrapKey must keep the data key')
    await eachChangedByte(rewrapped, (changed) => rejection(kms.unwrapKey(changed), changed))
  })
  const rotate = subject.rotate?.bind(subject)
  if (rotate === undefined) return
  add('a key wrapped under an older version still unwraps and can be rewrapped', async (kms) => {
    const dataKey = randomBytes(64)
    const old = await kms.wrapKey(dataKey)
    await rotate()
    const fresh = await kms.wrapKey(dataKey)
    expect(sameBytes(await kms.unwrapKey(old), dataKey), 'the older version must still unwrap')
    expect(sameBytes(await kms.unwrapKey(fresh), dataKey), 'the newer version must unwrap')
    if (kms.rewrapKey === undefined) return
    expect(sameBytes(await kms.unwrapKey(await kms.rewrapKey(old)), dataKey), 'rewrapKey must accept the older version')
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
    add(`a service that is ${failure} rejects with ${code}`, async (kms) => {
      const dataKey = randomBytes(64)
      const wrapped = await kms.wrapKey(dataKey)
      await fail(failure)
      try {
        for (const call of [() => kms.wrapKey(dataKey), () => kms.unwrapKey(wrapped)]) {
          const error = await rejection(call(), dataKey, wrapped)
          expect(error.code === code, `the code must be ${code}, not ${error.code}`)
          const transient = failure === 'throttled' || failure === 'unavailable'
          expect(error.retryable === transient, `retryable must be ${transient}`)
        }
      } finally {
        await fail(undefined)
      }
      expect(sameBytes(await kms.unwrapKey(wrapped), dataKey), 'the KMS must work again after the failure')
    })
  }
}

/** Calls `visit` with changed copies: every other value of the first byte, and one changed bit of each other byte. */
async function eachChangedByte(bytes: Uint8Array, visit: (changed: Uint8Array) => Promise<unknown>): Promise<void> {
  const change = async (at: number, difference: number): Promise<void> => {
    const changed = bytes.slice()
    changed[at] = (changed[at] ?? 0) ^ difference
    await visit(changed)
  }
  for (let difference = 1; difference < 256; difference++) await change(0, difference)
  for (let at = 1; at < bytes.length; at++) await change(at, 1 << (at % 8))
}

/** The `VaultError` that `call` rejects with, after checking that it contains none of `secrets`. */
async function rejection(
  call: Promise<unknown>,
  ...secrets: Uint8Array[]
): Promise<{ code: string; retryable: boolean }> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error !== undefined, 'the call must reject')
  if (!isStagedoorError(error) || error.name !== 'VaultError') throw new Error('the error must be a VaultError')
  const text = errorText(error)
  for (const secret of secrets) {
    if (secret.length < 12) continue
    for (const form of forms(secret)) expect(!text.includes(form), 'an error must not contain a key')
  }
  return error
}

/** All text of an error and its causes, non-enumerable properties included. */
function errorText(error: unknown, depth = 0): string {
  if (typeof error !== 'object' || error === null || depth > 5) return String(error)
  if (error instanceof Uint8Array) return forms(error).join(' ')
  return Reflect.ownKeys(error)
    .map((key) => errorText(Reflect.get(error, key), depth + 1))
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

function expect(condition: boolean, message: string): void {
  if (!condition) throw new Error(message)
}
