import { describe, expect, it } from 'vitest'
import { documents, read } from './support/documents.ts'

const below = (folder: string): string[] => documents.filter((name) => name.startsWith(`${folder}/`))

/** The files of a folder that a document links to, by their path from the root. */
function linked(document: string, prefix: string, folder: string): Set<string> {
  const targets = [...read(document).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => target)
  return new Set(
    targets.filter((target) => target.startsWith(prefix)).map((target) => `${folder}/${target.slice(prefix.length)}`),
  )
}

describe('the list of guides', () => {
  it.each([
    ['docs/README.md', 'guides/'],
    ['llms.txt', 'docs/guides/'],
  ])('in %s has every guide', (document, prefix) => {
    const guides = below('docs/guides')
    expect(guides.length).toBeGreaterThan(10)
    const listed = linked(document, prefix, 'docs/guides')
    expect(guides.filter((guide) => !listed.has(guide))).toEqual([])
  })
})

describe('the decisions', () => {
  const index = 'docs/decisions/README.md'
  const records = below('docs/decisions').filter((name) => name !== index)
  const numberOf = (name: string): string => /\/(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1] ?? name

  it('are numbered from 0001 without holes', () => {
    expect(records.length).toBeGreaterThan(10)
    expect(records.map(numberOf)).toEqual(records.map((_, index) => `${index + 1}`.padStart(4, '0')))
  })

  it('carry their number in their title, and are listed with it in order', () => {
    const lines = records.map((name) => {
      const [, number = '', title = ''] = /^# (\d{4}) (.+)\n/.exec(read(name)) ?? []
      expect(number, name).toBe(numberOf(name))
      return `- [${number}](${name.slice('docs/decisions/'.length)}) ${title}`
    })
    expect(
      read(index)
        .split('\n')
        .filter((line) => line.startsWith('- ')),
    ).toEqual(lines)
  })
})
