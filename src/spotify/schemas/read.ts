import type { $ZodIssue } from 'zod/v4/core'
import type { Kind } from './kinds.ts'
import { isObject, normalize } from './normalize.ts'
import { issuesOf } from './object.ts'
import { schemas } from './schemas.ts'

/** What an operation promises of its answer. */
export interface Promised {
  readonly kind: Kind
  readonly many: string | true | undefined
  readonly paged: boolean
  readonly within: string | undefined
  /** The caller asked for some fields only, so that none can be expected. */
  readonly partial: boolean
}

/** How items that are not as described are treated, and who hears of them. */
export interface Oddities {
  readonly drop: boolean
  report(oddity: { readonly kind: Kind; readonly path: string; readonly dropped: boolean }): void
}

/**
 * Checks a parsed answer against what was promised and returns the same object, normalised.
 * @returns `undefined` if it is something else altogether
 */
export function read(body: unknown, promised: Promised, oddities: Oddities): unknown {
  const { kind, many, paged, within } = promised
  if (paged) {
    const page = within === undefined ? body : isObject(body) ? body[within] : undefined
    return readPage(page, kind, promised, oddities) ? body : undefined
  }
  if (many !== undefined) {
    const list = many === true ? body : isObject(body) ? body[many] : undefined
    if (!Array.isArray(list)) return promised.partial ? body : undefined
    // A list of answers to a list of questions: each has its place, and `null` where there is none.
    for (const item of list) if (item !== null) readItem(item, kind, { ...oddities, drop: false })
    return body
  }
  return readOne(body, promised, oddities)
}

function readOne(body: unknown, { kind, partial }: Promised, oddities: Oddities): unknown {
  normalize(kind, body)
  if (partial) return isObject(body) ? body : undefined
  const issues = issuesOf(schemas[kind], body)
  if (issues.length === 0) return body
  const odd = new Map<Page, Set<number>>()
  const rest: $ZodIssue[] = []
  for (const issue of issues) {
    const [key, items, index] = issue.path
    const page = isObject(body) ? body[String(key)] : undefined
    // An odd item of a page inside the object does not spoil the object.
    if (items === 'items' && typeof index === 'number' && isPage(page)) {
      const indexes = odd.get(page) ?? new Set()
      odd.set(page, indexes)
      if (!indexes.has(index)) oddities.report({ kind, path: describe(issue.path), dropped: oddities.drop })
      indexes.add(index)
    } else rest.push(issue)
  }
  const [first] = rest
  if (first !== undefined) {
    if (oddities.drop || rest.some((issue) => isMissing(issue, body))) return undefined
    oddities.report({ kind, path: describe(first.path), dropped: false })
  }
  if (oddities.drop) {
    for (const [page, indexes] of odd) page.items = page.items.filter((_, index) => !indexes.has(index))
  }
  return body
}

function readPage(page: unknown, kind: Kind, promised: Promised, oddities: Oddities): boolean {
  if (!isObject(page)) return false
  const { items } = page
  if (!Array.isArray(items)) return promised.partial
  if (promised.partial) {
    for (const item of items) normalize(kind, item)
    return true
  }
  let odd = false
  for (const item of items) if (!readItem(item, kind, oddities)) odd = true
  if (odd && oddities.drop) page.items = items.filter((item) => issuesOf(schemas[kind], item).length === 0)
  return true
}

function readItem(item: unknown, kind: Kind, oddities: Oddities): boolean {
  const issues = issuesOf(schemas[kind], normalize(kind, item))
  if (issues.length === 0) return true
  oddities.report({ kind, path: describe(issues[0]?.path ?? []), dropped: oddities.drop })
  return false
}

interface Page {
  items: unknown[]
}

function isPage(value: unknown): value is Page {
  return isObject(value) && Array.isArray(value.items)
}

/** Whether what was promised is not there at all, rather than there in another form. */
function isMissing(issue: $ZodIssue, body: unknown): boolean {
  const [key, ...deeper] = issue.path
  if (key === undefined) return true
  return deeper.length === 0 && isObject(body) && body[String(key)] === undefined
}

/** Names where an object is not as described, without any of its values. */
function describe(path: readonly PropertyKey[]): string {
  return path.map((key) => (typeof key === 'number' ? '#' : String(key))).join('.')
}
