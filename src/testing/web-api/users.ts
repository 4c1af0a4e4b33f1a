import { pictures, type View } from '../catalogue/view.ts'
import { hashText } from '../random.ts'
import { json } from '../response.ts'
import type { FakeState } from '../state.ts'
import type { FakeUser } from '../user.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { notFound } from './refusal.ts'

/** The user object in playlists. */
export function userReference(view: View, id: string): Record<string, unknown> {
  return {
    external_urls: { spotify: `https://open.spotify.com/user/${encodeURIComponent(id)}` },
    href: `${view.api}/users/${encodeURIComponent(id)}`,
    id,
    type: 'user',
    uri: `spotify:user:${id}`,
  }
}

export function displayName(state: FakeState, id: string): string | null {
  const user = state.users.get(id)
  if (user !== undefined) return user.displayName
  return id === 'spotify' ? 'Spotify' : id
}

function profile(call: ApiCall, user: FakeUser): Record<string, unknown> {
  const picture = call.state.catalogue.imageId('user', hashText(user.id))
  return {
    display_name: user.displayName,
    ...userReference(call.view, user.id),
    followers: { href: null, total: hashText(user.id) % 90 },
    images: user.displayName === null ? [] : pictures(call.view, picture, [300, 64]),
  }
}

function currentUser(call: ApiCall): Response {
  const { user, scopes } = call
  const read = (scope: string, fields: Record<string, unknown>): Record<string, unknown> =>
    scopes.includes(scope) ? fields : {}
  return json(200, {
    account_id: user.accountId,
    ...profile(call, user),
    ...read('user-read-private', {
      country: user.country,
      explicit_content: { filter_enabled: false, filter_locked: false },
      product: user.product,
    }),
    ...read('user-read-email', { email: user.email }),
  })
}

function publicUser(call: ApiCall): Response {
  const id = call.params.user_id ?? ''
  const user = call.state.users.get(id)
  if (user !== undefined) return json(200, profile(call, user))
  if (id !== 'spotify' && !/^listener-\d+$/.test(id)) throw notFound()
  const name = displayName(call.state, id)
  return json(200, {
    display_name: name,
    ...userReference(call.view, id),
    followers: { href: null, total: hashText(id) % 5000 },
    images: [],
  })
}

export const userOperations: readonly Operation[] = [
  operation('get-current-users-profile', 'GET /me', currentUser),
  operation('get-users-profile', 'GET /users/{user_id}', publicUser, { availability: 'removed-2026' }),
]
