import { defineConfig } from 'tsup'
import { entries } from './scripts/entries.ts'
import { nameChunks } from './scripts/name-chunks.ts'

/** Files of their own, named in stack traces: zod with nothing else, and each part of what entries share. */
const rooms = [
  'spotify/schemas/zod',
  'spotify/schemas/read',
  'connections/connections',
  'http/handler',
  'oauth/oauth',
  'spotify/spotify',
  'testing/fake-spotify',
  'vault/vault',
  'stagedoor',
]
const sources = [...entries.map(({ source }) => source.slice(4, -3)), 'cli/main']

export default defineConfig({
  entry: Object.fromEntries([...sources, ...rooms].map((name) => [name, `src/${name}.ts`])),
  format: 'esm',
  target: 'node22',
  platform: 'neutral',
  splitting: true,
  sourcemap: true,
  // The sources are in the package.
  esbuildOptions: (options) => {
    options.sourcesContent = false
  },
  esbuildPlugins: [nameChunks(rooms)],
  external: [/^node:/],
  // The response schemas use a small part of zod. As many small modules it takes five times as long to load.
  noExternal: [/^zod/],
  // node:sqlite exists under no other name.
  removeNodeProtocol: false,
})
