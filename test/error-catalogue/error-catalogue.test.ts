import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type ProblemCode, problemText } from '../../src/error-catalogue/error-catalogue.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const unions = read('src/error-codes.ts') + read('src/error-catalogue/http.ts').split('const ')[0]!
const codes = [...new Set([...unions.matchAll(/'([A-Z]+_[A-Z_]+)'/g)].map(([, code]) => code as ProblemCode))]
const rows = read('docs/guides/problems.md')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, code]) => /^`[A-Z]+_[A-Z_]+`$/.test(code ?? ''))

describe('every code', () => {
  test('is found', () => {
    expect(codes.length).toBeGreaterThan(60)
    for (const code of ['CONFIG_MISSING', 'LOGIN_DENIED', 'API_CLOSED', 'HTTP_SCOPE_NOT_ALLOWED'])
      expect(codes).toContain(code)
  })

  test.each(codes)('%s has a status of 4xx or 5xx and an advice', (code) => {
    const { status, title, detail } = problemText(code, 'Spotify')
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    expect(title).toMatch(/^[A-Z].+[^.]$/)
    expect(detail).toMatch(/^[A-Z].+\.$/)
  })

  test('is in the guide with the same text', () => {
    expect(rows.map(([, code, ...rest]) => [code, ...rest.slice(0, 3)])).toEqual(
      expect.arrayContaining(
        codes.map((code) => {
          const { status, title, detail } = problemText(code, 'Spotify')
          return [`\`${code}\``, String(status), title, detail]
        }),
      ),
    )
    expect(rows).toHaveLength(codes.length)
  })
})
