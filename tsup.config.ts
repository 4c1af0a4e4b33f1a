import { defineConfig } from 'tsup'

const entries = [
  'index',
  'oauth/index',
  'vault/index',
  'spotify/index',
  'stores/sqlite',
  'stores/sql',
  'stores/redis',
  'vault/kms/aws',
  'vault/kms/gcp',
  'vault/kms/azure',
  'vault/kms/vault-transit',
  'limits/shared/cluster',
  'http/express',
  'http/fastify',
  'http/hono',
  'http/next',
  'telemetry/otel',
  'testing/index',
  'testing/msw',
  'testing/server',
  'cli/main',
]

export default defineConfig({
  entry: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
  format: 'esm',
  target: 'node22',
  platform: 'neutral',
  splitting: true,
  sourcemap: true,
  // The sources are in the package.
  esbuildOptions: (options) => {
    options.sourcesContent = false
  },
  external: [/^node:/],
  // The response schemas use a small part of zod. As many small modules it takes five times as long to load.
  noExternal: [/^zod/],
  // node:sqlite exists under no other name.
  removeNodeProtocol: false,
})
