import type { TokenEndpoint } from './token-endpoint.ts'

/** Runs one call, or refuses to by an error of its own. */
export type TokenCircuit = <T>(call: () => Promise<T>) => Promise<T>

/** The same token endpoint, with every request that asks for tokens behind a circuit. */
export function guarded(endpoint: TokenEndpoint, circuit: TokenCircuit | undefined): TokenEndpoint {
  if (circuit === undefined) return endpoint
  return {
    exchange: (input, options) => circuit(() => endpoint.exchange(input, options)),
    refresh: (input, options) => circuit(() => endpoint.refresh(input, options)),
    clientCredentials: (options) => circuit(() => endpoint.clientCredentials(options)),
    revoke: endpoint.revoke,
  }
}
