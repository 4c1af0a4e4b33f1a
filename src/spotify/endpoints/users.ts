import type { Calls } from '../calls.ts'
import type { RequestOptions } from '../options.ts'
import type { PublicUser } from '../schemas/user.ts'

/** Users. A user is named by id, `spotify:user:` URI or open.spotify.com link. */
export interface Users {
  /**
   * The public profile of a user.
   * @deprecated Removed in February 2026 except for applications with extended quota. Use `me.get` for the signed-in user.
   */
  get(id: string, options?: RequestOptions): Promise<PublicUser>
}

export function users(calls: Calls): Users {
  return {
    get: (id, options) => calls.one('get-users-profile', 'user', id, undefined, options),
  }
}
