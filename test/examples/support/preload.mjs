/**
 * Loaded before a program under test: the package's name leads to its sources, other packages are found from here, and
 * requests for Spotify go to the fake at FAKE_SPOTIFY.
 */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import './fetch.mjs'

const root = new URL('../../../', import.meta.url)
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
