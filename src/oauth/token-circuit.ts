import type { TokenEndpoint } from './token-endpoint.ts'

/** Runs a call, or rejects with an error of its own while the circuit is open. */
export type TokenCircuit = <T>(call: () => Promise<T>) => Promise<T>

/**
 * Wraps a token endpoint so that requests for tokens run through a circuit breaker. Exchanges of a code do not: one user with
 * a bad code must not stop the refreshes of others.
 */
export function withTokenCircuit(endpoint: TokenEndpoint, circuit: TokenCircuit | undefined): TokenEndpoint {
  if (circuit === undefined) return endpoint
  return {
    exchange: endpoint.exchange,
    refresh: (input, options) => circuit(() => endpoint.refresh(input, options)),
    clientCredentials: (options) => circuit(() => endpoint.clientCredentials(options)),
    revoke: endpoint.revoke,
  }
}
