import type { CatalogueKind } from '../catalogue/catalogue.ts'
import type { ApiCall } from './operation.ts'
import { badRequest, notFound } from './refusal.ts'

const base62 = /^[0-9A-Za-z]{22}$/

/** The index of the thing that a path parameter names. Malformed ids are 400, unknown ones 404. */
export function indexOf(call: ApiCall, kind: CatalogueKind, id: string | undefined): number {
  if (id === undefined || !base62.test(id)) throw badRequest('Invalid base62 id')
  const index = call.state.catalogue.index(kind, id)
  if (index === undefined) throw notFound()
  return index
}

/** The ids of an `ids` parameter. */
export function idList(text: string | null, max: number): readonly string[] {
  const ids = (text ?? '').split(',').filter((id) => id !== '')
  if (ids.length === 0) throw badRequest('Missing required field: ids')
  if (ids.length > max) throw badRequest('Too many ids requested')
  if (ids.some((id) => !base62.test(id))) throw badRequest('Invalid base62 id')
  return ids
}

/** What is known under each id, and null for the others. */
export function many(
  call: ApiCall,
  kind: CatalogueKind,
  max: number,
  render: (index: number) => unknown,
): readonly unknown[] {
  return idList(call.query.get('ids'), max).map((id) => {
    const index = call.state.catalogue.index(kind, id)
    return index === undefined ? null : render(index)
  })
}

export interface SpotifyUri {
  readonly type: string
  readonly id: string
}

/** `spotify:track:…`, also as a page's address is not accepted: Spotify does not take those either. */
export function parseUri(uri: unknown): SpotifyUri {
  const match = typeof uri === 'string' ? /^spotify:([a-z]+):([^:]+)$/.exec(uri) : null
  const [, type = '', id = ''] = match ?? []
  if (match === null || (type !== 'user' && !base62.test(id))) throw badRequest('Invalid Spotify URI')
  return { type, id }
}

function bodyValue(call: ApiCall): unknown {
  if (call.body.trim() === '') return {}
  try {
    return JSON.parse(call.body)
  } catch {
    throw badRequest('Error parsing JSON.')
  }
}

/** The ids of a body: `{ ids }`, or a bare list, which older clients send. */
export function bodyIds(call: ApiCall): readonly string[] {
  const value = bodyValue(call)
  return textList(Array.isArray(value) ? value : bodyObject(call).ids, 'ids')
}

/** The body as an object; an empty body is an empty one. */
export function bodyObject(call: ApiCall): Readonly<Record<string, unknown>> {
  const value = bodyValue(call)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest('Error parsing JSON.')
  return value as Record<string, unknown>
}

export function textList(value: unknown, field: string): readonly string[] {
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
    throw badRequest(`Invalid value for field: ${field}`)
  return value
}
