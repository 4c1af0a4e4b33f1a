import type { $ZodIssue } from 'zod/v4/core'
import type { Kind } from './kinds.ts'
import { isObject, normalize } from './normalize.ts'
import { issuesOf } from './object.ts'
import { schemas } from './schemas.ts'

/** What an operation promises of its answer. */
export interface Promised {
  readonly answer?: string
  readonly many?: string | true
  readonly paging?: string
  readonly within?: string
}

/** Something in an answer that is not as described: where, without any value. */
export interface Oddity {
  readonly kind: Kind
  readonly path: string
  readonly dropped: boolean
}

/**
 * Checks a parsed answer against what was promised and returns the same object, normalised.
 * @param partial the caller asked for some fields only, so that none can be expected
 * @param drop whether odd items are left out
 * @param report hears of them
 * @returns `undefined` if it is something else altogether
 */
export function read(
  body: unknown,
  promised: Promised,
  partial: boolean,
  drop: boolean,
  report: (oddity: Oddity) => void,
): unknown {
  const { many, paging, within } = promised
  const kind = promised.answer as Kind
  if (paging !== undefined) {
    const page = within === undefined ? body : isObject(body) ? body[within] : undefined
    return readPage(page, kind, partial, drop, report) ? body : undefined
  }
  if (many !== undefined) {
    const list = many === true ? body : isObject(body) ? body[many] : undefined
    if (!Array.isArray(list)) return undefined
    // A list of answers to a list of questions: each has its place, and `null` where there is none.
    for (const item of list) if (item !== null) readItem(item, kind, false, report)
    return body
  }
  return readOne(body, kind, partial, drop, report)
}

function readOne(
  body: unknown,
  kind: Kind,
  partial: boolean,
  drop: boolean,
  report: (oddity: Oddity) => void,
): unknown {
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
      if (!indexes.has(index)) report({ kind, path: describe(issue.path), dropped: drop })
      indexes.add(index)
    } else rest.push(issue)
  }
  const [first] = rest
  if (first !== undefined) {
    if (drop || rest.some((issue) => isMissing(issue, body))) return undefined
    report({ kind, path: describe(first.path), dropped: false })
  }
  if (drop) {
    for (const [page, indexes] of odd) page.items = page.items.filter((_, index) => !indexes.has(index))
  }
  return body
}

function readPage(
  page: unknown,
  kind: Kind,
  partial: boolean,
  drop: boolean,
  report: (oddity: Oddity) => void,
): boolean {
  if (!isObject(page)) return false
  const { items } = page
  if (!Array.isArray(items)) return partial
  if (partial) {
    for (const item of items) normalize(kind, item)
    return true
  }
  let odd = false
  for (const item of items) if (!readItem(item, kind, drop, report)) odd = true
  if (odd && drop) page.items = items.filter((item) => issuesOf(schemas[kind], item).length === 0)
  return true
}

function readItem(item: unknown, kind: Kind, drop: boolean, report: (oddity: Oddity) => void): boolean {
  const issues = issuesOf(schemas[kind], normalize(kind, item))
  if (issues.length === 0) return true
  report({ kind, path: describe(issues[0]?.path ?? []), dropped: drop })
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
