import { isObject } from '../../internal/is-object.ts'
import type { Kind } from './kinds.ts'
import { normalize } from './normalize.ts'
import { issuesOf } from './object.ts'
import { schemas } from './schemas.ts'
import type { $ZodIssue } from './zod.ts'

/** The form of an operation's response. */
interface ResponseShape {
  readonly response?: string
  readonly many?: string | true
  readonly paging?: string
  readonly within?: string
}

/** Where something in a response is not as described, without any value. */
interface SchemaMismatch {
  readonly kind: Kind
  readonly path: string
  readonly dropped: boolean
}

/**
 * Checks a parsed response against the operation's form and returns the same object, normalised.
 * @param partial whether the caller requested some fields only, so that any field can be absent
 * @param drop whether invalid items are left out
 * @param report is called for each mismatch
 * @returns `undefined` if the response has another form altogether
 */
export function read(
  body: unknown,
  shape: ResponseShape,
  partial: boolean,
  drop: boolean,
  report: (mismatch: SchemaMismatch) => void,
): unknown {
  const { many, paging, within } = shape
  const kind = shape.response as Kind
  if (paging !== undefined) {
    const page = within === undefined ? body : isObject(body) ? body[within] : undefined
    return readPage(page, kind, partial, drop, report) ? body : undefined
  }
  if (many !== undefined) {
    const list = many === true ? body : isObject(body) ? body[many] : undefined
    if (!Array.isArray(list)) return undefined
    // The items correspond to a list of ids by their position, so none is left out; `null` where there is no object.
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
  report: (mismatch: SchemaMismatch) => void,
): unknown {
  normalize(kind, body)
  if (partial) return isObject(body) ? body : undefined
  const issues = issuesOf(schemas[kind], body)
  if (issues.length === 0) return body
  const invalid = new Map<Page, Set<number>>()
  const others: $ZodIssue[] = []
  for (const issue of issues) {
    const [key, items, index] = issue.path
    const page = isObject(body) ? body[String(key)] : undefined
    // An invalid item of a page inside the object does not make the object invalid.
    if (items === 'items' && typeof index === 'number' && isPage(page)) {
      const indexes = invalid.get(page) ?? new Set()
      invalid.set(page, indexes)
      if (!indexes.has(index)) report({ kind, path: describe(issue.path), dropped: drop })
      indexes.add(index)
    } else others.push(issue)
  }
  const [first] = others
  if (first !== undefined) {
    if (drop || others.some((issue) => isMissing(issue, body))) return undefined
    report({ kind, path: describe(first.path), dropped: false })
  }
  if (drop) {
    for (const [page, indexes] of invalid) page.items = page.items.filter((_, index) => !indexes.has(index))
  }
  return body
}

function readPage(
  page: unknown,
  kind: Kind,
  partial: boolean,
  drop: boolean,
  report: (mismatch: SchemaMismatch) => void,
): boolean {
  if (!isObject(page)) return false
  const { items } = page
  if (!Array.isArray(items)) return partial
  if (partial) {
    for (const item of items) normalize(kind, item)
    return true
  }
  let invalid = false
  for (const item of items) if (!readItem(item, kind, drop, report)) invalid = true
  if (invalid && drop) page.items = items.filter((item) => issuesOf(schemas[kind], item).length === 0)
  return true
}

function readItem(item: unknown, kind: Kind, drop: boolean, report: (mismatch: SchemaMismatch) => void): boolean {
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

/** Whether a required field is absent, rather than present in another form. */
function isMissing(issue: $ZodIssue, body: unknown): boolean {
  const [key, ...nested] = issue.path
  if (key === undefined) return true
  return nested.length === 0 && isObject(body) && body[String(key)] === undefined
}

/** The place of a mismatch within its object, without any value. */
function describe(path: readonly PropertyKey[]): string {
  return path.map((key) => (typeof key === 'number' ? '#' : String(key))).join('.')
}
