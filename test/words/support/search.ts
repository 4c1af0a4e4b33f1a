import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { documents, root } from '../../docs/support/documents.ts'
import { type Avoided, type Exception, identifiers, participles, sourceWords, words } from './list.ts'

export interface Finding {
  readonly file: string
  readonly line: number
  readonly text: string
  readonly instead: string
}

/** Every source file and every text that people read. */
export const files: readonly string[] = [
  ...documents.filter((name) => !name.startsWith('.github/')),
  'llms.txt',
  ...globSync(['src/**/*.ts', 'examples/**/*.{ts,tsx,js,mjs,html}'], { cwd: root })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => !/\/(?:node_modules|\.next)\//.test(name)),
]

/** A line of the changelog that names a rename has to contain the old name. */
const rename = /^- `[^`]+` is now .+$/gm

function readText(file: string): string {
  const text = readFileSync(join(root, file), 'utf8')
  return file === 'CHANGELOG.md' ? text.replaceAll(rename, '') : text
}

/** Splits names into words: `retryAfter` and `RETRY_AFTER` become two each. No line break moves. */
const split = (text: string): string => text.replace(/([a-z0-9])([A-Z])|([A-Za-z])_(?=[A-Za-z])/g, '$1$3 $2')

/** What is between two words of a phrase: also a line break with the comment's margin. */
const gap = '(?:\\s|\\n\\s*(?:\\*|//)\\s*)+'

function compile({ pattern }: Avoided): RegExp {
  return new RegExp(`(?<![A-Za-z])(?:${pattern.replaceAll(/ (?!\?)/g, gap)})(?![A-Za-z])`, 'gi')
}

/** Whether a file is one of the places, or below one. */
export const below = (file: string, places: readonly string[]): boolean =>
  places.some((place) => file === place || file.startsWith(`${place}/`))

const applies = ({ within }: Avoided, file: string): boolean => within === undefined || below(file, within)

function inText(file: string, text: string, list: readonly Avoided[]): Finding[] {
  const spaced = split(text)
  const lines = text.split('\n')
  return list
    .filter((avoided) => applies(avoided, file))
    .flatMap((avoided) =>
      [...spaced.matchAll(compile(avoided))].map((match) => {
        const line = spaced.slice(0, match.index).split('\n').length
        return { file, line, text: `${match[0].trim()}: ${lines[line - 1]?.trim() ?? ''}`, instead: avoided.instead }
      }),
    )
}

function inNames(file: string, source: ts.SourceFile): Finding[] {
  const found: Finding[] = []
  const add = (node: ts.Node, name: string, instead: string): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
    found.push({ file, line: line + 1, text: name, instead })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) {
      for (const avoided of identifiers)
        if (applies(avoided, file) && compile(avoided).test(split(node.text))) add(node, node.text, avoided.instead)
    }
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isClassDeclaration(node)) {
      const name = node.name?.text ?? ''
      if (participles.includes(name)) add(node, `type ${name}`, 'a noun')
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** Every avoided word in a text, as if it were the text of `file`. */
export function search(file: string, text: string): Finding[] {
  const code = /\.(?:tsx?|m?js)$/.test(file)
  const found = inText(file, text, words)
  if (!code) return found
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  return [...found, ...inText(file, text, sourceWords), ...inNames(file, source)]
}

/** The findings in a file and its path, outside of the passages that are excepted. */
export function findings(file: string, exceptions: readonly Exception[]): Finding[] {
  const passages = exceptions.filter((exception) => below(file, [exception.file]))
  const blank = (passage: string): string => passage.replace(/[^\n]/g, ' ')
  const text = passages.reduce((rest, { text }) => rest.replaceAll(text, blank(text)), readText(file))
  const named = inText(file, file, words).map((finding) => ({ ...finding, line: 0 }))
  return [...named, ...search(file, text)]
}

/** Whether an exception is still needed: without it there would be more to find. */
export function isUsed(exception: Exception): boolean {
  return files
    .filter((file) => below(file, [exception.file]))
    .some((file) => findings(file, []).length > findings(file, [exception]).length)
}
