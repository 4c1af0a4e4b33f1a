import { invalidArgument } from '../errors.ts'

const dotSegment = /^(\.|%2e){1,2}$/i
/** Characters that encoding leaves as they are; Spotify's ids consist of them. */
const unreserved = /^[\w-]+$/

/** Encodes one path segment. Refuses dot segments, which URL parsers resolve, and empty ones. */
export function segment(value: string | number): string {
  const text = String(value)
  if (unreserved.test(text)) return text
  if (text === '' || (text.length <= 6 && dotSegment.test(text)))
    throw invalidArgument('Expected an id that is valid in a path, not "", "." or "..".')
  try {
    return encodeURIComponent(text)
  } catch {
    throw invalidArgument('Expected well-formed text in a path.')
  }
}

/**
 * A path whose interpolated values are encoded as segments: `` path`/playlists/${id}/items` ``.
 * @throws TypeError `INVALID_ARGUMENT` for a dot segment or an empty value
 *
 * @example
 * ```ts
 * import { path } from 'stagedoor/spotify'
 *
 * const playlist = await client.request({ path: path`/playlists/${id}`, query: { fields: 'name' } })
 * ```
 */
export function path(strings: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return String.raw({ raw: strings.raw }, ...values.map(segment))
}

/** Values for the names of a path template; a string is the value of the only name. */
export type PathValues = string | Readonly<Record<string, string>>

const templates = new Map<string, readonly string[]>()

/** Fills the `{name}` of one of the operations' templates with encoded segments. */
export function expand(template: string, values: PathValues | undefined): string {
  let parts = templates.get(template)
  if (parts === undefined) {
    parts = template.split(/[{}]/)
    templates.set(template, parts)
  }
  let text = parts[0] ?? ''
  for (let index = 1; index < parts.length; index += 2) {
    const name = parts[index] as string
    const value = typeof values === 'string' ? values : values?.[name]
    if (value === undefined) throw invalidArgument(`Expected a value for ${name} in the path.`)
    text += segment(value) + parts[index + 1]
  }
  return text
}

type QueryValue = string | number | boolean | readonly string[] | undefined

/** `?a=1&b=x%2Cy`, or an empty string. Lists are joined with commas; `undefined` is left out. */
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
