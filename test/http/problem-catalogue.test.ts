import { readFileSync } from 'node:fs'
import { expect, describe as group, test } from 'vitest'
import { describe, type ProblemCode } from '../../src/http/problem-catalogue.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const unions =
  read('src/error-codes.ts').split('interface ErrorDetails')[0] +
  read('src/http/problem-catalogue.ts').split('interface')[0]!
const codes = [...new Set([...unions.matchAll(/'([A-Z]+_[A-Z_]+)'/g)].map(([, code]) => code as ProblemCode))]
const rows = read('docs/guides/problems.md')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, code]) => /^`[A-Z]+_[A-Z_]+`$/.test(code ?? ''))

group('every code', () => {
  test('is found', () => {
    expect(codes.length).toBeGreaterThan(60)
    for (const code of ['CONFIG_MISSING', 'LOGIN_DENIED', 'API_CLOSED', 'HTTP_SCOPE_NOT_ALLOWED'])
      expect(codes).toContain(code)
  })

  test.each(codes)('%s has a status of 4xx or 5xx and an advice', (code) => {
    const { status, title, detail } = describe(code, 'Spotify')
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    expect(title).toMatch(/^[A-Z].+[^.]$/)
    expect(detail).toMatch(/^[A-Z].+\.$/)
  })

  test('is in the guide with the same text', () => {
    expect(rows.map(([, code, ...rest]) => [code, ...rest.slice(0, 3)])).toEqual(
      expect.arrayContaining(
        codes.map((code) => {
          const { status, title, detail } = describe(code, 'Spotify')
          return [`\`${code}\``, String(status), title, detail]
        }),
      ),
    )
    expect(rows).toHaveLength(codes.length)
  })
})
