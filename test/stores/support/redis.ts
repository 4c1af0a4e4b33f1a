import { redisKeys } from '../../../src/stores/redis-keys.ts'
import type { ConnectionId } from '../../../src/stores/store.ts'

export function recordKey(prefix: string, id: ConnectionId): string {
  return redisKeys(prefix).record(id)
}
