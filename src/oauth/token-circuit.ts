import type { TokenEndpoint } from './token-endpoint.ts'

/** Runs a call, or rejects with an error of its own while the circuit is open. */
export type TokenCircuit = <T>(call: () => Promise<T>) => Promise<T>

/** Wraps a token endpoint so that every request for tokens runs through a circuit breaker. */
export function withTokenCircuit(endpoint: TokenEndpoint, circuit: TokenCircuit | undefined): TokenEndpoint {
  if (circuit === undefined) return endpoint
  return {
    exchange: (input, options) => circuit(() => endpoint.exchange(input, options)),
    refresh: (input, options) => circuit(() => endpoint.refresh(input, options)),
    clientCredentials: (options) => circuit(() => endpoint.clientCredentials(options)),
    revoke: endpoint.revoke,
  }
}
