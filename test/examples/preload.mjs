/**
 * Loaded before a program under test: the package's name leads to its sources, other packages are found from here, and
 * requests for Spotify go to the fake at FAKE_SPOTIFY.
 */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const root = new URL('../../', import.meta.url)
const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
const sources = new Map(
  Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([subpath, { default: file }]) => [
      `stagedoor${subpath.slice(1)}`,
      new URL(file.replace('./dist/', './src/').replace(/\.js$/, '.ts'), root).href,
    ]),
)

registerHooks({
  resolve(specifier, context, next) {
    const url = sources.get(specifier)
    if (url !== undefined) return { url, shortCircuit: true }
    const outside = !context.parentURL?.startsWith(root.href) && /^[@a-z]/.test(specifier) && !specifier.includes(':')
    return next(specifier, outside ? { ...context, parentURL: new URL('package.json', root).href } : context)
  },
})

const hosts = new Set(['accounts.spotify.com', 'api.spotify.com'])
const { fetch } = globalThis
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init)
  const url = new URL(request.url)
  if (!hosts.has(url.host)) throw new TypeError(`A program under test asked for ${url.host}.`)
  const body = request.body === null ? null : await request.arrayBuffer()
  const { method, headers, signal, redirect } = request
  return fetch(new URL(url.pathname + url.search, process.env.FAKE_SPOTIFY), {
    method,
    headers,
    signal,
    redirect,
    body,
  })
}
