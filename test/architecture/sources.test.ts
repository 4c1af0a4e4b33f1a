import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { files, src } from './support/imports.ts'

const text = (file: string): string => readFileSync(join(src, file), 'utf8')
/** A file without its doc comments, whose examples are the code of an application. */
const code = (file: string): string => text(file).replaceAll(/^ *\/\*\*.*?\*\/$/gms, '')

describe('every source file', () => {
  it('keeps between a noun and a room: at most 250 lines', () => {
    const long = files
      .map((file) => ({ file, lines: text(file).split('\n').length - 1 }))
      .filter(({ lines }) => lines > 250)
    expect(long).toEqual([])
  })

  it('has no default export and no environment, log or timer at import time', () => {
    const offending = files.filter(
      (file) =>
        !file.startsWith('cli/') &&
        (/^export default /m.test(code(file)) || /process\.env|console\.|Math\.random/.test(code(file))),
    )
    expect(offending).toEqual([])
  })
})
