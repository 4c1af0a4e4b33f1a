import type { SqlDialect } from './dialect.ts'
import type { Parameter } from './row.ts'

/** SQL with a `?` for each of its parameters. */
export interface Statement {
  readonly text: string
  readonly parameters: readonly Parameter[]
}

const isStatement = (value: Parameter | Statement): value is Statement =>
  typeof value === 'object' && value !== null && 'text' in value

/** Builds a statement: statements are inserted as they are, any other value becomes a parameter. */
export function sql(strings: readonly string[], ...values: readonly (Parameter | Statement)[]): Statement {
  const parameters: Parameter[] = []
  let text = strings[0] ?? ''
  for (const [index, value] of values.entries()) {
    if (isStatement(value)) {
      text += value.text
      parameters.push(...value.parameters)
    } else {
      text += '?'
      parameters.push(value)
    }
    text += strings[index + 1] ?? ''
  }
  return { text, parameters }
}

/** SQL without parameters, such as a name. Never text from outside. */
export function raw(text: string): Statement {
  return { text, parameters: [] }
}

export function join(parts: readonly (Parameter | Statement)[], separator: string): Statement {
  const strings = Array.from({ length: parts.length + 1 }, (_, index) =>
    index === 0 || index === parts.length ? '' : separator,
  )
  return sql(strings, ...parts)
}

/** Converts the `?` placeholders of a statement: PostgreSQL numbers its parameters. */
export function placeholders(text: string, dialect: SqlDialect): string {
  if (dialect !== 'postgres') return text
  let count = 0
  return text.replaceAll('?', () => `$${++count}`)
}
