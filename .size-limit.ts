import { builtinModules } from 'node:module'
import manifest from './package.json' with { type: 'json' }
import { budgets } from './scripts/budgets.ts'
import { entries } from './scripts/entries.ts'

const ignore = [
  ...Object.keys(manifest.peerDependencies),
  ...builtinModules,
  ...builtinModules.map((name) => `node:${name}`),
]

export default entries.map(({ subpath, name, output }) => {
  const { first, later = 0 } = budgets.get(subpath) ?? { first: 0 }
  return { name, path: output, import: '*', gzip: true, limit: `${first + later} B`, ignore }
})
