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

/** `length` owner ids in ascending order. */
export const range = (length: number): string[] => Array.from({ length }, (_, index) => `${index + 100}`)
