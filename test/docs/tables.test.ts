import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../src/cli/exit-code.ts'
import { documents, read, root } from './support/documents.ts'

/** The names that an interface of events declares; those it extends declare their own. */
function eventsOf(file: string, name: string): string[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true)
  const declared = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name)
  return declared === undefined
    ? []
    : (declared as ts.InterfaceDeclaration).members.map((member) => (member.name as ts.StringLiteral).text)
}

describe('the tables of the guides', () => {
  it('name every event that StagedoorEvents has', () => {
    const events = [
      eventsOf('src/connections/events/events.ts', 'ConnectionEvents'),
      eventsOf('src/limits/limiter.ts', 'LimiterEvents'),
      eventsOf('src/limits/limiter.ts', 'CircuitEvents'),
      eventsOf('src/spotify/events.ts', 'SpotifyEvents'),
    ]
    for (const names of events) expect(names.length).toBeGreaterThan(1)
    const guides = documents
      .filter((name) => name.startsWith('docs/guides/'))
      .map(read)
      .join('\n')
    expect(events.flat().filter((name) => !guides.includes(`\`${name}\``))).toEqual([])
  })

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
