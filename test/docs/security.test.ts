import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import config from '../../vitest.config.ts'
import { read, root } from './support/documents.ts'
import { numberedRows, testsOf } from './support/evidence.ts'
import { EvidenceReporter } from './support/evidence-reporter.ts'

const rows = numberedRows(read('SECURITY.md')).map(([against = '', promise = '', evidence = '']) => ({
  against,
  promise,
  evidence,
}))

describe('the threat model', () => {
  it('has a promise against every attacker it names', () => {
    const attackers = [...read('SECURITY.md').matchAll(/^(\d)\. /gm)].map(([, number]) => number)
    expect(new Set(rows.flatMap(({ against }) => against.split(', ')))).toEqual(new Set(attackers))
  })

  it.each(rows)('$promise', ({ evidence }) => {
    const tests = testsOf(evidence)
    expect(tests.length).toBeGreaterThan(0)
    for (const { file } of tests) expect(existsSync(join(root, file)), file).toBe(true)
  })

  it('is checked against the results of every run', () => {
    expect(config.test?.reporters).toContainEqual(expect.any(EvidenceReporter))
  })

  it('counts the runtime dependencies as they are', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: object }
    expect(Object.keys(dependencies)).toHaveLength(5)
    expect(read('SECURITY.md')).toContain('There are five runtime dependencies')
  })
})
