/** Next.js with the example's folder, whose imports of this package lead to its sources. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import next from 'next'
import config from '../../../examples/next/next.config.js'

const root = new URL('../../../', import.meta.url)
const dir = fileURLToPath(new URL('examples/next/', root))
const port = Number(process.env.PORT)
const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
const resolveAlias = Object.fromEntries(
  Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([subpath, { default: file }]) => [
      `stagedoor${subpath.slice(1)}`,
      file.replace('./dist/', '../../src/').replace(/\.js$/, '.ts'),
    ]),
)

const conf = { ...config, distDir: '.next/test', turbopack: { resolveAlias, root: fileURLToPath(root) } }
const app = next({ dev: true, dir, hostname: '127.0.0.1', port, conf })
await app.prepare()
const handle = app.getRequestHandler()
createServer((request, response) => void handle(request, response)).listen(port, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${port}\n`)
})
