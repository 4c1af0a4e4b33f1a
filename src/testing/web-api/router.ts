import { percentDecoded } from '../percent-encoding.ts'
import type { Operation } from './operation.ts'

interface Node {
  readonly literals: Map<string, Node>
  parameter: { readonly name: string; readonly node: Node } | undefined
  readonly methods: Map<string, Operation>
}

export interface Match {
  /** Absent when the path exists but not with this method. */
  readonly operation: Operation | undefined
  readonly params: Readonly<Record<string, string>>
}

/** Finds the operation of a path. Words win over parameters. */
export class Router {
  readonly #root: Node = node()

  constructor(operations: readonly Operation[]) {
    for (const operation of operations) {
      let place = this.#root
      for (const segment of operation.path.slice(1).split('/')) {
        const name = /^\{(.+)\}$/.exec(segment)?.[1]
        if (name === undefined) {
          const next = place.literals.get(segment) ?? node()
          place.literals.set(segment, next)
          place = next
        } else {
          place.parameter ??= { name, node: node() }
          place = place.parameter.node
        }
      }
      place.methods.set(operation.method, operation)
    }
  }

  find(method: string, path: string): Match | undefined {
    const params: Record<string, string> = {}
    let place = this.#root
    for (const segment of path.slice(1).split('/')) {
      const literal = place.literals.get(segment)
      if (literal !== undefined) {
        place = literal
        continue
      }
      if (place.parameter === undefined || segment === '') return undefined
      const value = percentDecoded(segment)
      if (value === undefined) return undefined
      params[place.parameter.name] = value
      place = place.parameter.node
    }
    return place.methods.size === 0 ? undefined : { operation: place.methods.get(method), params }
  }
}

function node(): Node {
  return { literals: new Map(), parameter: undefined, methods: new Map() }
}
