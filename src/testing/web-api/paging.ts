import type { ApiCall } from './operation.ts'
import { badRequest } from './refusal.ts'

export interface PageRequest {
  readonly limit: number
  readonly offset: number
}

interface PageBounds {
  readonly fallback?: number
  readonly max?: number
  readonly min?: number
}

/** Reads `limit` and `offset`; as on Spotify, values out of bounds are refused, not clamped. */
export function pageRequest(call: ApiCall, bounds: PageBounds = {}): PageRequest {
  return {
    limit: limitOf(call, bounds),
    offset: integerParameter(call.query.get('offset'), 0, 0, 1_000_000, 'Invalid offset'),
  }
}

export function limitOf(call: ApiCall, { fallback = 20, max = 50, min = 1 }: PageBounds): number {
  return integerParameter(call.query.get('limit'), fallback, min, max, 'Invalid limit')
}

export function integerParameter(
  text: string | null,
  fallback: number,
  min: number,
  max: number,
  message: string,
): number {
  if (text === null || text === '') return fallback
  if (!/^-?\d{1,15}$/.test(text)) throw badRequest(message)
  const value = Number(text)
  if (value < min || value > max) throw badRequest(message)
  return value
}

/** A page object over a list of known length. `render` is called for the page's members only. */
export function page(
  call: ApiCall,
  { limit, offset }: PageRequest,
  total: number,
  render: (position: number) => unknown,
  address: { readonly path?: string; readonly query?: Readonly<Record<string, string>> } = {},
): Record<string, unknown> {
  const addressAt = (start: number): string => {
    const query = new URLSearchParams(address.query ?? otherParameters(call.query))
    query.set('offset', String(start))
    query.set('limit', String(limit))
    return `${call.view.api}${address.path ?? call.path}?${query}`
  }
  const items: unknown[] = []
  for (let position = offset; position < Math.min(offset + limit, total); position++) items.push(render(position))
  return {
    href: addressAt(offset),
    items,
    limit,
    next: offset + limit < total ? addressAt(offset + limit) : null,
    offset,
    previous: offset > 0 ? addressAt(Math.max(0, offset - limit)) : null,
    total,
  }
}

/** A page object over an array. */
export function pageOf<T>(
  call: ApiCall,
  request: PageRequest,
  members: readonly T[],
  render: (member: T) => unknown,
): Record<string, unknown> {
  return page(call, request, members.length, (position) => render(members[position] as T))
}

/** The query without `offset` and `limit`. */
export function otherParameters(query: URLSearchParams): [string, string][] {
  return [...query].filter(([name]) => name !== 'offset' && name !== 'limit')
}
