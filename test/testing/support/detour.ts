import https from 'node:https'
import { connect } from 'node:net'

const hosts = /^https:\/\/(accounts|api)\.spotify\.com(?=\/)/

/** A `fetch` that sends requests for Spotify's hosts to the address of a fake. */
export function detouredFetch(url: string, fetch = globalThis.fetch): typeof globalThis.fetch {
  return (input, init) => {
    const target = input instanceof Request ? input.url : String(input)
    const there = target.replace(hosts, url)
    return input instanceof Request ? fetch(new Request(there, input), init) : fetch(there, init)
  }
}

/**
 * Lets every `https` connection of this process end at a fake's address, for clients that take neither a `fetch` nor an
 * address. Returns a function that undoes it.
 */
export function detourHttps(url: string): () => void {
  const prototype = https.Agent.prototype as { createConnection: unknown }
  const before = prototype.createConnection
  prototype.createConnection = () => connect(Number(new URL(url).port), '127.0.0.1')
  return () => {
    prototype.createConnection = before
  }
}
