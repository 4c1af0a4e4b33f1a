import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { entries } from './scripts/entries.ts'
import { EvidenceReporter } from './test/docs/support/evidence-reporter.ts'

/** The package's own name leads to its sources, so that examples run in tests without a build. */
export const alias = entries.map(({ name, source }) => ({
  find: new RegExp(`^${name}$`),
  replacement: fileURLToPath(new URL(source, import.meta.url)),
}))

export default defineConfig({
  resolve: { alias },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/runtimes/**', 'node_modules/**'],
    reporters: ['default', new EvidenceReporter(['SECURITY.md', 'docs/security/oauth-bcp.md'])],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
