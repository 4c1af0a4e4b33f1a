import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { read, root } from './documents.ts'

const rows = read('SECURITY.md')
  .split('\n')
  .filter((line) => /^\| [\d, ]+ \|/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, against = '', promise = '', evidence = '']) => ({ against, promise, evidence }))

/** `file`: "name", "name"; `file`: "name" */
function testsOf(evidence: string): { file: string; name: string }[] {
  return evidence.split(/;\s(?=`)/).flatMap((part) => {
    const file = /`([^`]+)`/.exec(part)?.[1] ?? ''
    return [...part.matchAll(/"([^"]+)"/g)].map(([, name = '']) => ({ file, name }))
  })
}

/** Whether a file has a test or group of this name that is not skipped. */
function has(source: string, name: string): boolean {
  const quoted = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(?<!skip\\(|todo\\()['"\`]${quoted}['"\`]`).test(source)
}

describe('the threat model', () => {
  it('has a promise against every attacker it names', () => {
    const attackers = [...read('SECURITY.md').matchAll(/^(\d)\. /gm)].map(([, number]) => number)
    expect(new Set(rows.flatMap(({ against }) => against.split(', ')))).toEqual(new Set(attackers))
  })

  it.each(rows)('$promise', ({ evidence }) => {
    const tests = testsOf(evidence)
    expect(tests.length).toBeGreaterThan(0)
    for (const { file, name } of tests) {
      expect(existsSync(join(root, file)), file).toBe(true)
      expect(has(readFileSync(join(root, file), 'utf8'), name), `${file}: ${name}`).toBe(true)
    }
  })

  it('counts the runtime dependencies as they are', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: object }
    expect(Object.keys(dependencies)).toHaveLength(5)
    expect(read('SECURITY.md')).toContain('There are five runtime dependencies')
  })

  it('would notice a test that is gone or skipped', () => {
    expect(has("it('a', () => {})", 'a')).toBe(true)
    expect(has("it('ab', () => {})", 'a')).toBe(false)
    expect(has("it.skip('a', () => {})", 'a')).toBe(false)
  })
})
