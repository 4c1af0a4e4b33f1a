import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { parse } from 'yaml'
import { fixture } from '../../fixtures/fixtures.ts'

interface OperationObject {
  readonly operationId: string
  readonly responses: Readonly<Record<string, { $ref?: string; content?: Record<string, { schema: object }> }>>
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>
  readonly components: { readonly responses: Record<string, { content?: Record<string, { schema: object }> }> }
}

/** Checks responses against the OpenAPI description of the Web API. */
export class ApiDescription {
  readonly #operations = new Map<
    string,
    { readonly method: string; readonly path: string; readonly object: OperationObject }
  >()
  readonly #description: Description
  readonly #ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
  readonly #validators = new Map<string, ValidateFunction>()

  constructor() {
    this.#description = jsonSchema(parse(fixture('spotify/openapi.yml'))) as Description
    this.#ajv.addSchema({ $id: 'api', ...this.#description })
    for (const [path, methods] of Object.entries(this.#description.paths)) {
      for (const [method, object] of Object.entries(methods)) {
        this.#operations.set(object.operationId, { method: method.toUpperCase(), path, object })
      }
    }
  }

  get operations(): readonly { readonly id: string; readonly method: string; readonly path: string }[] {
    return [...this.#operations].map(([id, { method, path }]) => ({ id, method, path }))
  }

  /** Whether the description knows this status for the operation. */
  statuses(id: string): readonly string[] {
    return Object.keys(this.#operations.get(id)?.object.responses ?? {})
  }

  /** What is wrong with a body, as `/path rule`. Array positions are written `[]`. */
  problems(id: string, status: number, body: unknown): readonly string[] {
    const key = `${id} ${status}`
    let validate = this.#validators.get(key)
    if (validate === undefined) {
      const response = this.#operations.get(id)?.object.responses[String(status)]
      const named =
        response?.$ref === undefined
          ? response
          : this.#description.components.responses[response.$ref.split('/').pop() ?? '']
      const schema = Object.values(named?.content ?? {})[0]?.schema
      if (schema === undefined) return body === undefined ? [] : ['a body where none is described']
      validate = this.#ajv.compile(schema)
      this.#validators.set(key, validate)
    }
    return validate(body) ? [] : [...new Set((validate.errors ?? []).map(problem))]
  }
}

function problem(error: ErrorObject): string {
  const path = error.instancePath.replace(/\/\d+/g, '[]')
  const detail = error.keyword === 'required' ? ` ${error.params.missingProperty}` : ''
  return `${path} ${error.keyword}${detail}`
}

/** OpenAPI 3.0 as JSON Schema: `nullable` becomes a type, references become absolute. */
function jsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(jsonSchema)
  if (typeof value !== 'object' || value === null) return value
  const { nullable, example, ...rest } = value as Record<string, unknown>
  const copy: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(rest)) copy[name] = jsonSchema(member)
  if (typeof copy.$ref === 'string') return { $ref: `api${copy.$ref}` }
  if (nullable === true && typeof copy.type === 'string') copy.type = [copy.type, 'null']
  return copy
}
