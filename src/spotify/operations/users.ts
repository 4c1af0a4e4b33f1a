import type { OperationData } from './operation.ts'

export const userOperations = {
  'get-users-profile': {
    method: 'GET',
    path: '/users/{user_id}',
    response: 'publicUser',
    availability: 'removed-2026-02',
    replacement: 'me.get',
    idempotent: true,
    by: ['users.get'],
  },
} as const satisfies Record<string, OperationData>
