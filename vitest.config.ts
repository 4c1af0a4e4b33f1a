import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const manifest = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as {
  exports: Record<string, string | { default: string }>
}

/** The package's own name leads to its sources, so that examples run in tests without a build. */
export const alias = Object.entries(manifest.exports).flatMap(([subpath, target]) => {
  if (typeof target === 'string') return []
  const source = target.default.replace('./dist/', './src/').replace(/\.js$/, '.ts')
  const find = new RegExp(`^stagedoor${subpath.slice(1)}$`)
  return [{ find, replacement: fileURLToPath(new URL(source, import.meta.url)) }]
})

export default defineConfig({
  resolve: { alias },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/runtimes/**', 'node_modules/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
