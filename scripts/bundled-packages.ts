import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** The packages whose code is in the bundles, read from their source maps. */
export function bundledPackages(out: string): Map<string, string> {
  const folders = new Map<string, string>()
  for (const name of globSync('**/*.js.map', { cwd: out })) {
    const path = join(out, name)
    const { sources } = JSON.parse(readFileSync(path, 'utf8')) as { sources: string[] }
    for (const source of sources) {
      const found = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(resolve(dirname(path), source))
      if (found?.[1] !== undefined && found[2] !== undefined) folders.set(found[2], found[1])
    }
  }
  return folders
}
