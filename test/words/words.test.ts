import { describe, expect, it } from 'vitest'
import { exceptions } from './support/list.ts'
import { below, files, findings, isUsed, search } from './support/search.ts'

/** `WORDS=src/limits vitest run test/words` looks at one folder. */
const chosen = process.env.WORDS?.split(',')
const checked = chosen === undefined ? files : files.filter((file) => below(file, chosen))

describe('the words of sources and documents', () => {
  it('are looked for in every source and document', () => {
    expect(files.length).toBeGreaterThan(300)
    for (const name of ['README.md', 'llms.txt', 'docs/guides/errors.md', 'src/index.ts', 'examples/express/main.ts'])
      expect(files).toContain(name)
  })

  it('are those that readers of the field expect', () => {
    const found = checked.flatMap((file) => findings(file, exceptions))
    expect(found.map(({ file, line, text, instead }) => `${file}:${line} ${text} → ${instead}`)).toEqual([])
  })

  it('have no exception that is not used', () => {
    expect(exceptions.filter((exception) => !isUsed(exception))).toEqual([])
  })

  it('are found in names, across lines and in types', () => {
    const texts = (text: string, file = 'src/a.ts'): string[] => search(file, text).map((finding) => finding.text)
    expect(texts('const lastAnswerAt = 1')).toHaveLength(1)
    expect(texts('const ANSWER_TIME = 1')).toHaveLength(1)
    expect(texts('// no unanswered request')).toHaveLength(1)
    expect(texts('// it harms\n// nobody at all')).toHaveLength(2)
    expect(texts('/** as\n * he wants */')).toHaveLength(1)
    expect(texts('interface Kept {}')).toHaveLength(1)
    expect(texts('const hundred = 50 // a hundred')).toHaveLength(1)
    expect(texts('const row = 1', 'src/limits/a.ts')).toHaveLength(1)
    expect(texts('The rows of a table are told apart. There is the header.', 'docs/a.md')).toEqual([])
    expect(texts('const row = { header: 1, history: 2, shell: 3 }')).toEqual([])
  })
})
