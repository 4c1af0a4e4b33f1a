import { artistObject } from '../catalogue/artist.ts'
import { empty, json } from '../response.ts'
import { bodyIds, idList } from './ids.ts'
import { type ApiCall, type Operation, operation } from './operation.ts'
import { limitOf } from './paging.ts'
import { badRequest } from './refusal.ts'

/** Followed artists, paged by a cursor, the last artist's id; there is no previous page. */
function followed(call: ApiCall): Response {
  const type = call.query.get('type')
  if (type !== 'artist') throw badRequest(type === null ? 'Missing parameter type' : `Invalid type: ${type}`)
  const limit = limitOf(call, {})
  const { catalogue } = call.state
  const all = call.user.saved('artist').ids()
  const after = call.query.get('after')
  const start = after === null ? 0 : all.indexOf(after) + 1
  const ids = all.slice(start, start + limit)
  const last = start + ids.length < all.length ? (ids.at(-1) ?? null) : null
  const address = `${call.view.api}${call.path}?type=artist&limit=${limit}`
  return json(200, {
    artists: {
      href: after === null ? address : `${address}&after=${after}`,
      limit,
      next: last === null ? null : `${address}&after=${last}`,
      cursors: { after: last },
      total: all.length,
      items: ids.map((id) => artistObject(catalogue, call.view, catalogue.index('artist', id) ?? 0)),
    },
  })
}

function typeParameter(call: ApiCall): 'artist' | 'user' {
  const type = call.query.get('type')
  if (type !== 'artist' && type !== 'user') throw badRequest(`Invalid type: ${type}`)
  return type
}

function idsParameter(call: ApiCall, type: 'artist' | 'user'): readonly string[] {
  const text = call.query.get('ids') ?? bodyIds(call).join(',')
  if (type === 'artist') return idList(text, 50)
  const ids = text.split(',').filter((id) => id !== '')
  if (ids.length > 50) throw badRequest('Too many ids requested')
  return ids
}

function change(verb: 'follow' | 'unfollow') {
  return (call: ApiCall): Response => {
    const type = typeParameter(call)
    const now = call.state.clock.now()
    for (const id of idsParameter(call, type)) {
      if (type === 'user') call.user.follows[verb === 'follow' ? 'add' : 'delete'](id)
      else if (verb === 'unfollow') call.user.saved('artist').remove(id)
      else if (call.state.catalogue.index('artist', id) !== undefined) call.user.saved('artist').add(id, now)
    }
    return empty(204)
  }
}

function contains(call: ApiCall): Response {
  const type = typeParameter(call)
  const has = (id: string): boolean => (type === 'user' ? call.user.follows.has(id) : call.user.saved('artist').has(id))
  return json(200, idsParameter(call, type).map(has))
}

const reading = { scopes: ['user-follow-read'] }
const writing = { availability: 'removed-2026', scopes: ['user-follow-modify'] } as const

export const followingOperations: readonly Operation[] = [
  operation('get-followed', 'GET /me/following', followed, reading),
  operation('follow-artists-users', 'PUT /me/following', change('follow'), writing),
  operation('unfollow-artists-users', 'DELETE /me/following', change('unfollow'), writing),
  operation('check-current-user-follows', 'GET /me/following/contains', contains, {
    ...reading,
    availability: 'removed-2026',
  }),
]
