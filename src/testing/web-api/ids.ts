import { isObject } from '../../internal/is-object.ts'
import type { CatalogueKind } from '../catalogue/catalogue.ts'
import type { ApiCall } from './operation.ts'
import { badRequest, notFound } from './refusal.ts'

const base62 = /^[0-9A-Za-z]{22}$/

/** The index of the object that a path parameter names. Malformed ids are 400, unknown ones 404. */
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

/** The object of each id, and null for unknown ids. */
export function renderMany(
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

interface SpotifyUri {
  readonly type: string
  readonly id: string
}

/** Parses `spotify:track:…`. Like Spotify, it does not accept the URL of a page. */
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

/** The ids of a body: `{ ids }`, or an array, which older clients send. */
export function bodyIds(call: ApiCall): readonly string[] {
  const value = bodyValue(call)
  return textList(Array.isArray(value) ? value : bodyObject(call).ids, 'ids')
}

/** The body as an object; an empty body is an empty object. */
export function bodyObject(call: ApiCall): Readonly<Record<string, unknown>> {
  const value = bodyValue(call)
  if (!isObject(value)) throw badRequest('Error parsing JSON.')
  return value
}

export function textList(value: unknown, field: string): readonly string[] {
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
    throw badRequest(`Invalid value for field: ${field}`)
  return value
}
