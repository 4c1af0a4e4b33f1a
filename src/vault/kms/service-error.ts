import { VaultError, type VaultErrorCode } from '../../errors.ts'

/** The facts of a service's response that may be shown: never its message, request or body. */
interface ServiceFacts {
  /** Its usual name: `AWS KMS`. */
  readonly service: string
  /** The service's own name for the error. */
  readonly reason?: unknown
  readonly status?: unknown
  readonly requestId?: unknown
}

const messages: Record<VaultErrorCode, string> = {
  VAULT_MALFORMED: 'The wrapped key in the record is not one that this key service made.',
  VAULT_KEY_UNKNOWN: 'The key service does not know the key, or the version of it that wrapped this data key.',
  VAULT_DECRYPT_FAILED: 'The token or its wrapped key was altered, or belongs to something else.',
  VAULT_KMS_DENIED: 'The key service refused the call: check the credentials and the permissions on the key.',
  VAULT_KMS_UNAVAILABLE: 'The key service did not respond as expected.',
  VAULT_KMS_THROTTLED: 'The key service is throttling requests.',
  VAULT_KEY_DISABLED: 'The key, or the version of it that wrapped this data key, may not be used any more.',
}

/** A `VaultError` whose cause has the facts that an operator needs, and no bytes of the request. */
export function serviceError(code: VaultErrorCode, facts: ServiceFacts, message = messages[code]): VaultError {
  const { service, reason, status, requestId } = facts
  const parts = [service]
  if (typeof reason === 'string' && /^[A-Za-z][A-Za-z_]{0,63}$/.test(reason)) parts.push(reason)
  if (typeof status === 'number') parts.push(`status ${status}`)
  if (typeof requestId === 'string' && /^[\w-]{8,64}$/.test(requestId)) parts.push(`request ${requestId}`)
  return new VaultError(code, message, { cause: new Error(parts.join(', ')) })
}

/** Reads a property of an unknown value. */
export function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
