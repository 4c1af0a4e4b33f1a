import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../src/cli/exit-code.ts'
import { read, root } from './documents.ts'

describe('the tables of the guides', () => {
  it('name every metric and attribute of telemetry, and no other', () => {
    const sources = globSync('src/telemetry/*.ts', { cwd: root }).map((name) => readFileSync(join(root, name), 'utf8'))
    const written = new Set(
      sources.flatMap((text) => [...text.matchAll(/'(stagedoor\.[a-z_.]+)'/g)].map(([, name]) => name)),
    )
    expect(written.size).toBeGreaterThan(20)
    const guide = read('docs/guides/observability.md').replace(
      '`stagedoor.limiter.ceiling`, `.queued`, `.running`',
      '`stagedoor.limiter.ceiling`, `stagedoor.limiter.queued`, `stagedoor.limiter.running`',
    )
    const named = new Set([...guide.matchAll(/`(stagedoor\.[a-z_.]+)`/g)].map(([, name]) => name))
    expect([...written].filter((name) => !named.has(name))).toEqual([])
    expect([...named].filter((name) => !written.has(name))).toEqual([])
  })

  it('name every exit code of the command line', () => {
    const table = read('docs/guides/cli.md').split('## Exit codes')[1] ?? ''
    const codes = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code))
    expect(codes).toEqual(Object.values(exitCodes))
  })
})
