import { existsSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anchor, anchors, documents, read, root } from './support/documents.ts'

/** Links of a document whose target does not exist. */
function brokenLinks(document: string): string[] {
  const text = read(document)
    .replace(/^```.*?^```$/gms, '')
    .replace(/`[^`\n]*`/g, '')
  const targets = [...text.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map(([, target = '']) => target)
  return targets.filter((target) => {
    if (/^(https?|mailto):/.test(target)) return !URL.canParse(target)
    const [path = '', fragment] = target.split('#')
    const file = path === '' ? join(root, document) : join(root, dirname(document), decodeURIComponent(path))
    if (!existsSync(file)) return true
    if (fragment === undefined) return false
    return statSync(file).isDirectory() || !anchors(relative(root, file)).has(fragment)
  })
}

describe('the documents', () => {
  it('are found', () => {
    expect(documents).toEqual(
      expect.arrayContaining(['README.md', 'SECURITY.md', 'docs/README.md', 'docs/guides/errors.md']),
    )
  })

  it.each([...documents, 'llms.txt'])('%s has no broken link', (document) => {
    expect(brokenLinks(document)).toEqual([])
  })

  it('are all reached from the README or the index', () => {
    const reached = new Set<string>()
    const follow = (document: string): void => {
      if (reached.has(document)) return
      reached.add(document)
      for (const [, target = ''] of read(document).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
        const path = relative(root, join(root, dirname(document), target)).replaceAll('\\', '/')
        // A link to a folder reaches every document in it.
        for (const name of documents) if (name === path || name.startsWith(`${path}/`)) follow(name)
      }
    }
    follow('README.md')
    follow('docs/README.md')
    const exempt = (name: string): boolean => name.startsWith('.github/') || name === 'AGENTS.md'
    expect(documents.filter((name) => !reached.has(name) && !exempt(name))).toEqual([])
  })

  it('turn headings into the fragments of links', () => {
    expect(anchor('When `kms` is down: what *now*?')).toBe('when-kms-is-down-what-now')
  })
})
