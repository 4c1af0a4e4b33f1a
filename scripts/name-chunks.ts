import { dirname, join, posix, relative } from 'node:path'
import type { OutputFile, Plugin } from 'esbuild'

// What several entries share, esbuild puts into files such as chunk-7MOQBCMG.js. In a stack trace that says nothing: they
// get the name of a source that they hold.

interface Chunk {
  readonly from: string
  readonly to: string
}

/** @param rooms sources without `.ts`: each makes a file of what only it and its users reach, which gets its name */
export function nameChunks(rooms: readonly string[]): Plugin {
  return {
    name: 'name-chunks',
    setup({ initialOptions, onEnd }) {
      const out = initialOptions.outdir ?? ''
      initialOptions.metafile = true
      initialOptions.chunkNames = 'chunk-[hash]'
      onEnd((result) => {
        const outputs = Object.entries(result.metafile?.outputs ?? {}).filter(([path]) => path.endsWith('.js'))
        // A room whose code went into a chunk leaves an entry that only exports it again.
        const shims = new Set<string>()
        const chunks: Chunk[] = []
        for (const [from, { inputs }] of outputs) {
          if (!/\/chunk-[A-Z0-9]{8}\.js$/.test(from)) continue
          const sources = Object.entries(inputs).filter(([path]) => path.startsWith('src/'))
          const sizes = sources.map(([path, { bytesInOutput }]) => ({ name: path.slice(4, -3), bytesInOutput }))
          const [largest] = sizes.toSorted((one, other) => other.bytesInOutput - one.bytesInOutput)
          const room = rooms.find((name) => sizes.some((source) => source.name === name))
          const to = posix.join(out, `${room ?? largest?.name}.js`)
          if (room !== undefined) shims.add(to)
          chunks.push({ from, to })
        }
        const names = [
          ...outputs.map(([path]) => path).filter((path) => !shims.has(path)),
          ...chunks.map(({ to }) => to),
        ]
        const twice = names.find((name, index) => names.indexOf(name) !== index)
        if (twice !== undefined) throw new Error(`two files would be ${twice}`)
        const moved = new Map(chunks.map(({ from, to }) => [from, to]))
        const cwd = process.cwd()
        result.outputFiles = result.outputFiles?.flatMap((file) => {
          const path = relative(cwd, file.path).replaceAll('\\', '/')
          const code = path.replace(/\.map$/, '')
          if (shims.has(code)) return []
          return [rewrite(file, path, code, moved, cwd)]
        })
      })
    },
  }
}

function rewrite(
  file: OutputFile,
  path: string,
  code: string,
  moved: ReadonlyMap<string, string>,
  cwd: string,
): OutputFile {
  const target = moved.get(code) ?? code
  const text = path.endsWith('.map')
    ? mapFrom(file.text, dirname(path), dirname(target))
    : file.text
        .replaceAll(/(["'])(\.{1,2}\/[^"'\n]+\.js)\1/g, (whole, quote: string, specifier: string) => {
          const imported = posix.join(posix.dirname(path), specifier)
          const found = moved.get(imported) ?? (moved.has(code) ? imported : undefined)
          if (found === undefined) return whole
          const to = posix.relative(posix.dirname(target), found)
          return quote + (to.startsWith('.') ? to : `./${to}`) + quote
        })
        .replace(/(?<=sourceMappingURL=)\S+$/m, `${posix.basename(target)}.map`)
  const contents = new TextEncoder().encode(text)
  return { path: join(cwd, target + (path.endsWith('.map') ? '.map' : '')), contents, hash: file.hash, text }
}

function mapFrom(text: string, from: string, to: string): string {
  const map = JSON.parse(text) as { sources: string[] }
  return JSON.stringify({ ...map, sources: map.sources.map((source) => posix.relative(to, posix.join(from, source))) })
}
