import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Every document that people read, by its path from the root. */
export const documents: readonly string[] = globSync(['*.md', 'docs/**/*.md', '.github/**/*.md', 'examples/**/*.md'], {
  cwd: root,
})
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => !name.startsWith('docs/reference/') && !name.includes('node_modules/'))
  .toSorted()

export const read = (name: string): string => readFileSync(join(root, name), 'utf8')

export interface CodeBlock {
  readonly document: string
  /** Line of its first line of code, from 1. */
  readonly line: number
  readonly language: string
  /** The text after the language. */
  readonly info: string
  readonly code: string
}

export function codeBlocks(document: string): CodeBlock[] {
  const text = read(document)
  return [...text.matchAll(/^```(\w*)([^\n]*)\n(.*?)^```$/gms)].map((match) => {
    const [, language = '', info = '', code = ''] = match
    return { document, line: text.slice(0, match.index).split('\n').length + 1, language, info: info.trim(), code }
  })
}

/** Every source file, by its path from the root. */
export const sources: readonly string[] = globSync('src/**/*.ts', { cwd: root })
  .map((name) => name.replaceAll('\\', '/'))
  .toSorted()

/** The `@example` blocks in the doc comments of a source file. */
export function exampleBlocks(source: string): CodeBlock[] {
  const text = read(source)
  return [...text.matchAll(/^ *\* @example\n *\* ```ts\n((?: *\*.*\n)*?) *\* ```$/gm)].map((match) => ({
    document: source,
    line: text.slice(0, match.index).split('\n').length + 2,
    language: 'ts',
    info: '',
    code: (match[1] ?? '').replaceAll(/^ *\* ?/gm, ''),
  }))
}

/** The fragment of a link to a heading. */
export function anchor(heading: string): string {
  const plain = heading
    .replace(/`|\*\*?|\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
  return plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-')
}

export function anchors(document: string): Set<string> {
  const seen = new Map<string, number>()
  const text = read(document).replace(/^```.*?^```$/gms, '')
  return new Set(
    [...text.matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) => {
      const name = anchor(heading)
      const before = seen.get(name) ?? 0
      seen.set(name, before + 1)
      return before === 0 ? name : `${name}-${before}`
    }),
  )
}
