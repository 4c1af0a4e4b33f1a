import type { EncryptedToken } from '../../internal/encrypted-token.ts'
import { isObject } from '../../internal/is-object.ts'
import type { RemovedConnection, StoredConnection } from '../../stores/store.ts'

/** 16 random hexadecimal digits, for revisions, providers and markers. */
export function unique(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A well-formed encrypted token with random content. */
export function sealed(keyId: string): EncryptedToken {
  return { version: 1, keyId, dataKeyId: unique(), encryptedKey: unique(), nonce: unique(), encryptedData: unique() }
}

/** A connection with a new revision. */
export function storedConnection(fields: Partial<StoredConnection> & { readonly ownerId: string }): StoredConnection {
  return {
    provider: 'spotify',
    account: '',
    app: 'client-1',
    revision: unique(),
    scopes: ['user-library-read', 'playlist-read-private'],
    accessToken: sealed('k1'),
    refreshToken: sealed('k1'),
    expiresAt: 1_760_000_003_600,
    authorizedAt: 1_760_000_000_000,
    status: 'connected',
    checkAt: 1_760_000_003_300,
    nextCheckAt: 1_760_000_003_300,
    createdAt: 1_760_000_000_000,
    updatedAt: 1_760_000_000_000,
    ...fields,
  }
}

/** What is left of a removed connection, with a new revision. */
export function removedConnection(
  fields: Partial<RemovedConnection> & { readonly ownerId: string },
): RemovedConnection {
  return {
    provider: 'spotify',
    account: '',
    app: 'client-1',
    revision: unique(),
    status: 'removed',
    nextCheckAt: 1_760_000_003_300,
    createdAt: 1_760_000_000_000,
    updatedAt: 1_760_000_000_000,
    ...fields,
  }
}

/** JSON with sorted keys, so that equal values have equal text. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) =>
      isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
    ) ?? 'undefined'
  )
}

export function equal(actual: unknown, expected: unknown, what = 'result'): void {
  if (canonical(actual) === canonical(expected)) return
  throw new Error(`${what}: expected ${canonical(expected)}, got ${canonical(actual)}`)
}

/** The error that a promise rejects with. @throws Error if it does not reject. */
export async function rejectionOf(
  promise: Promise<unknown>,
): Promise<{ name?: string; code?: string; retryable?: boolean; revision?: string }> {
  try {
    await promise
  } catch (error) {
    return error as { name?: string; code?: string; retryable?: boolean; revision?: string }
  }
  throw new Error('expected a rejection, got a result')
}

/** @throws Error unless `above < value <= most` */
export function within(value: unknown, above: number, most: number, what = 'result'): void {
  if (typeof value === 'number' && value > above && value <= most) return
  throw new Error(`${what}: expected more than ${above} and at most ${most}, got ${String(value)}`)
}

/** @throws Error unless every call rejects with an `INVALID_ARGUMENT` `TypeError` */
export async function refused(calls: Readonly<Record<string, () => Promise<unknown>>>): Promise<void> {
  for (const [what, call] of Object.entries(calls)) {
    const error = await call().then(
      () => ({ name: 'nothing', code: 'nothing' }),
      (reason: { name?: string; code?: string }) => reason,
    )
    equal([error.name, error.code], ['TypeError', 'INVALID_ARGUMENT'], what)
  }
}

const reason = 'the reason'

/** @throws Error unless every call with an aborted signal rejects with its reason */
export async function aborted(
  calls: Readonly<Record<string, (options: { readonly signal: AbortSignal }) => Promise<unknown>>>,
): Promise<void> {
  for (const [what, call] of Object.entries(calls)) {
    const outcome = await call({ signal: AbortSignal.abort(reason) }).then(
      () => 'done',
      (thrown: unknown) => thrown,
    )
    equal(outcome, reason, what)
  }
}

/** `length` owner ids in ascending order. */
export const range = (length: number): string[] => Array.from({ length }, (_, index) => `${index + 100}`)

/** By code points, which is the order of UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  const left = Array.from(a, (char) => char.codePointAt(0) ?? 0)
  const right = Array.from(b, (char) => char.codePointAt(0) ?? 0)
  const at = left.findIndex((point, index) => point !== right[index])
  return at === -1 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1)
}
