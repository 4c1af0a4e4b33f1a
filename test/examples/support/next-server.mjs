/** Next.js with the example's folder, whose imports of this package lead to its sources. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import next from 'next'

const root = new URL('../../../', import.meta.url)
const example = new URL('examples/next/', root)
// A copy beside it, which git ignores, with a configuration of its own: Next reads that from a file only.
const project = new URL('examples/.next-test/', root)
const port = Number(process.env.PORT)

const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
const resolveAlias = Object.fromEntries(
  Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([subpath, target]) => [`stagedoor${subpath.slice(1)}`, `../../${target['stagedoor-source'].slice(2)}`]),
)
const turbopack = { root: fileURLToPath(root), resolveAlias }
const config = `import config from '../next/next.config.js'

export default { ...config, turbopack: ${JSON.stringify(turbopack)} }
`
rmSync(new URL('app/', project), { recursive: true, force: true })
cpSync(new URL('app/', example), new URL('app/', project), { recursive: true })
writeFileSync(new URL('next.config.mjs', project), config)

const app = next({ dev: true, dir: fileURLToPath(project), hostname: '127.0.0.1', port })
await app.prepare()
const handle = app.getRequestHandler()
createServer((request, response) => void handle(request, response)).listen(port, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${port}\n`)
})
