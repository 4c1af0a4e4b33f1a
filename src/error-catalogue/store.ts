import type { StoreErrorCode } from '../error-codes.ts'
import { type ErrorEntry, forOperator, serviceUnavailable } from './entry.ts'

const problem = forOperator(500, 'The stored connection cannot be read')

export const storeErrors = {
  STORE_UNAVAILABLE: {
    actor: 'database operator',
    meaning: 'The database did not respond, or not in time.',
    action:
      'Check that it runs, that it can be reached from here, and that its user may read and write; `cause` has the message of the driver.',
    problem: serviceUnavailable,
  },
  STORE_CORRUPT: {
    actor: 'database operator',
    meaning: 'A stored connection cannot be read. Others are not affected.',
    action: 'Restore the record, or delete it and ask its owner to connect again.',
    problem,
  },
  STORE_NOT_MIGRATED: {
    actor: 'database operator',
    meaning: 'The tables are missing, or belong to another version of this package.',
    action: 'Run "npx stagedoor migrate", or update this package.',
    problem,
  },
} as const satisfies Record<StoreErrorCode, ErrorEntry>
