import type { VaultErrorCode } from '../error-codes.ts'
import { type ErrorEntry, forOperator, serviceUnavailable } from './entry.ts'

const problem = forOperator(500, 'The stored tokens cannot be opened')

export const vaultErrors = {
  VAULT_MALFORMED: {
    actor: 'database operator',
    meaning: 'A stored token is not in a known format.',
    action: 'Restore the record; plaintext or foreign tokens are never accepted.',
    problem,
  },
  VAULT_KEY_UNKNOWN: {
    actor: 'key operator',
    meaning: 'A token is sealed under a key that is neither the current one nor among the retired.',
    action: 'Add that key to `retired` of createVault; run "npx stagedoor rotate" before you remove a key.',
    problem,
  },
  VAULT_DECRYPT_FAILED: {
    actor: 'key operator',
    meaning:
      'A token cannot be opened: it was altered, belongs to another owner or client id, or was sealed under another key.',
    action:
      'Compare the key and the client id with those that sealed it; if a single record fails, treat it as tampering.',
    problem,
  },
  VAULT_KMS_DENIED: {
    actor: 'key operator',
    meaning: 'The key service refuses this identity.',
    action: 'Grant it the permissions that the guide for your key service lists.',
    problem,
  },
  VAULT_KMS_UNAVAILABLE: {
    actor: 'key operator',
    meaning: 'The key service did not respond within the timeout.',
    action: 'Check that it can be reached from here; the call may be repeated.',
    problem: serviceUnavailable,
  },
  VAULT_KMS_THROTTLED: {
    actor: 'key operator',
    meaning: 'The key service limits the requests of this identity.',
    action: 'Try again later; raise the quota if it keeps happening.',
    problem: serviceUnavailable,
  },
  VAULT_KEY_DISABLED: {
    actor: 'key operator',
    meaning: 'The key is disabled, destroyed or scheduled for deletion.',
    action: 'Enable it, or cancel its deletion: without it, what it wrapped cannot be opened.',
    problem,
  },
} as const satisfies Record<VaultErrorCode, ErrorEntry>
