import manifest from '../package.json' with { type: 'json' }

// What can be imported from the package, read from the one list of it: `exports` in package.json. Its condition
// `stagedoor-source` leads to the source, for this repository's own compiler; `default` to what is built from it.

export interface Entry {
  /** As in package.json: `./oauth`. */
  readonly subpath: string
  /** As applications import it: `stagedoor/oauth`. */
  readonly name: string
  /** `src/oauth/index.ts` */
  readonly source: string
  /** `dist/oauth/index.js` */
  readonly output: string
  /** `dist/oauth/index.d.ts` */
  readonly types: string
  /** Whether it runs where there are no modules of Node. */
  readonly runsEverywhere: boolean
}

/** These need modules of Node, or clients that do. */
const needNode: ReadonlySet<string> = new Set([
  './stores/sqlite',
  './limits/cluster',
  './express',
  './fastify',
  './otel',
  './testing/server',
])

export const entries: readonly Entry[] = Object.entries(manifest.exports).flatMap(([subpath, target]) => {
  if (typeof target === 'string') return []
  const source = target['stagedoor-source'].slice(2)
  const output = target.default.slice(2)
  const types = output.replace(/\.js$/, '.d.ts')
  return [
    { subpath, name: `stagedoor${subpath.slice(1)}`, source, output, types, runsEverywhere: !needNode.has(subpath) },
  ]
})

// For the npm scripts: the sources, for the reference.
if (import.meta.main) process.stdout.write(entries.map(({ source }) => source).join(' '))
