import https from 'node:https'
import { connect } from 'node:net'
import { type Child, startChild } from './child.ts'

/** The Web API of `servers/api.ts` in another process. */
export interface Api {
  readonly origin: string
  readonly trackId: string
  readonly total: number
}

export async function startApi(latency = 0): Promise<Child<Api>> {
  return await startChild<Api>(new URL('../servers/api.ts', import.meta.url), String(latency))
}

/** `fetch` for clients that only know Spotify's own host. */
export function fetchTo(origin: string): typeof fetch {
  return (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    return fetch(origin + url.pathname + url.search, init)
  }
}

/** Connects every `https` request of this process to `origin`, for clients without an option for `fetch` or a base URL. Returns a function that undoes it. */
export function redirectHttps(origin: string): () => void {
  const prototype = https.Agent.prototype as { createConnection: unknown }
  const original = prototype.createConnection
  prototype.createConnection = () => connect(Number(new URL(origin).port), '127.0.0.1')
  return () => {
    prototype.createConnection = original
  }
}
