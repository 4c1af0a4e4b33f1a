import { isObject } from '../../internal/is-object.ts'
import { badRequest } from './refusal.ts'

/** A parsed `fields` parameter: which members to include, or, after `!`, which to exclude. */
interface Selection {
  readonly exclude: boolean
  readonly members: ReadonlyMap<string, Selection | undefined>
}

/** Applies a `fields` parameter such as `total,items(item(name,uri))` or `owner.id` to a response body. */
export function selectFields(value: unknown, fields: string | null): unknown {
  if (fields === null || fields.trim() === '') return value
  const reader = { text: fields.replaceAll(/\s+/g, ''), at: 0 }
  const selection = parse(reader)
  if (reader.at < reader.text.length) throw badRequest('Invalid fields')
  return apply(value, selection)
}

interface Reader {
  readonly text: string
  at: number
}

function parse(reader: Reader): Selection {
  const exclude = reader.text[reader.at] === '!'
  const members = new Map<string, Selection | undefined>()
  for (;;) {
    if (reader.text[reader.at] === '!') reader.at++
    const name = /^[A-Za-z_]+/.exec(reader.text.slice(reader.at))?.[0]
    if (name === undefined) throw badRequest('Invalid fields')
    reader.at += name.length
    members.set(name, merge(members.get(name), parseMembers(reader)))
    if (reader.text[reader.at] !== ',') return { exclude, members }
    reader.at++
  }
}

/** Parses what follows a name: `(…)`, `.name…` or nothing. */
function parseMembers(reader: Reader): Selection | undefined {
  const mark = reader.text[reader.at]
  if (mark === '(') {
    reader.at++
    const inner = parse(reader)
    if (reader.text[reader.at] !== ')') throw badRequest('Invalid fields')
    reader.at++
    return inner
  }
  if (mark !== '.') return undefined
  reader.at++
  const name = /^[A-Za-z_]+/.exec(reader.text.slice(reader.at))?.[0]
  if (name === undefined) throw badRequest('Invalid fields')
  reader.at += name.length
  return { exclude: false, members: new Map([[name, parseMembers(reader)]]) }
}

function merge(a: Selection | undefined, b: Selection | undefined): Selection | undefined {
  if (a === undefined || b === undefined || a.exclude || b.exclude) return b ?? a
  const members = new Map(a.members)
  for (const [name, inner] of b.members) members.set(name, merge(members.get(name), inner))
  return { exclude: false, members }
}

function apply(value: unknown, selection: Selection): unknown {
  if (Array.isArray(value)) return value.map((item) => apply(item, selection))
  if (!isObject(value)) return value
  const selected: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    const named = selection.members.has(name)
    const inner = selection.members.get(name)
    if (selection.exclude) {
      if (!named) selected[name] = member
      else if (inner !== undefined) selected[name] = apply(member, inner)
    } else if (named) selected[name] = inner === undefined ? member : apply(member, inner)
  }
  return selected
}
