import { invalidArgument } from '../errors.ts'

const dots = /^(\.|%2e){1,2}$/i

/** Encodes one path segment. Refuses dot segments, which URL parsers resolve, and empty ones. */
export function segment(value: string | number): string {
  const text = String(value)
  if (text === '' || (text.length <= 6 && dots.test(text)))
    throw invalidArgument('Expected an id that can stand in a path, not "", "." or "..".')
  try {
    return encodeURIComponent(text)
  } catch {
    throw invalidArgument('Expected well-formed text in a path.')
  }
}

/**
 * A path whose interpolated values are encoded as segments: `` path`/playlists/${id}/items` ``.
 * @throws TypeError `INVALID_ARGUMENT` for a dot segment or an empty value
 */
export function path(strings: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return String.raw({ raw: strings.raw }, ...values.map(segment))
}

/** Fills the `{name}` of a template with encoded segments. */
export function expand(template: string, values: Readonly<Record<string, string>> | undefined): string {
  let text = ''
  let from = 0
  for (let open = template.indexOf('{'); open !== -1; open = template.indexOf('{', from)) {
    const close = template.indexOf('}', open)
    const name = template.slice(open + 1, close)
    const value = values?.[name]
    if (value === undefined) throw invalidArgument(`Expected a value for ${name} in the path.`)
    text += template.slice(from, open) + segment(value)
    from = close + 1
  }
  return from === 0 ? template : text + template.slice(from)
}

type QueryValue = string | number | boolean | readonly string[] | undefined

/** `?a=1&b=x%2Cy`, or nothing. Lists are joined with commas; `undefined` is left out. */
export function queryString(query: Readonly<Record<string, unknown>> | undefined): string {
  if (query === undefined) return ''
  let text = ''
  for (const name in query) {
    const value = query[name] as QueryValue
    if (value === undefined) continue
    text += `${text === '' ? '?' : '&'}${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`
  }
  return text
}
