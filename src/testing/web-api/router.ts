import { percentDecode } from '../percent-encoding.ts'
import type { Operation } from './operation.ts'

interface Node {
  readonly literals: Map<string, Node>
  parameter: { readonly name: string; readonly node: Node } | undefined
  readonly methods: Map<string, Operation>
}

interface Match {
  /** Absent when the path exists but not with this method. */
  readonly operation: Operation | undefined
  readonly params: Readonly<Record<string, string>>
}

/** Finds the operation of a path. Literal segments take precedence over parameters. */
export class Router {
  readonly #root: Node = node()

  constructor(operations: readonly Operation[]) {
    for (const operation of operations) {
      let current = this.#root
      for (const segment of operation.path.slice(1).split('/')) {
        const name = /^\{(.+)\}$/.exec(segment)?.[1]
        if (name === undefined) {
          const next = current.literals.get(segment) ?? node()
          current.literals.set(segment, next)
          current = next
        } else {
          current.parameter ??= { name, node: node() }
          current = current.parameter.node
        }
      }
      current.methods.set(operation.method, operation)
    }
  }

  find(method: string, path: string): Match | undefined {
    const params: Record<string, string> = {}
    let current = this.#root
    for (const segment of path.slice(1).split('/')) {
      const literal = current.literals.get(segment)
      if (literal !== undefined) {
        current = literal
        continue
      }
      if (current.parameter === undefined || segment === '') return undefined
      const value = percentDecode(segment)
      if (value === undefined) return undefined
      params[current.parameter.name] = value
      current = current.parameter.node
    }
    return current.methods.size === 0 ? undefined : { operation: current.methods.get(method), params }
  }
}

function node(): Node {
  return { literals: new Map(), parameter: undefined, methods: new Map() }
}
