import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { read, root } from './support/documents.ts'
import { evidenceIn, type TestState, unproven } from './support/evidence.ts'

const table = `| Against | Promise | Shown by |
|---|---|---|
| 1, 2 | Tokens are sealed | \`a.test.ts\`: "seals", "opens; twice"; \`b.test.ts\`: "a group" |
| not | a | row |`
const evidence = evidenceIn('SECURITY.md', table)

const check = (
  files: Readonly<Record<string, Readonly<Record<string, readonly TestState[]>>>>,
  { full = true, excused = () => false }: { full?: boolean; excused?: (file: string) => boolean } = {},
) =>
  unproven(evidence, new Map(Object.entries(files).map(([file, tests]) => [file, new Map(Object.entries(tests))])), {
    full,
    excused,
  })
const passed = { 'a.test.ts': { seals: ['passed'], 'opens; twice': ['passed'] } } as const
const group = (...states: TestState[]) => ({ ...passed, 'b.test.ts': { 'a group': states } })

describe('the evidence of a document', () => {
  it('is read from the last cell of each numbered row', () => {
    const promise = 'Tokens are sealed'
    expect(evidence).toEqual([
      { document: 'SECURITY.md', promise, file: 'a.test.ts', name: 'seals' },
      { document: 'SECURITY.md', promise, file: 'a.test.ts', name: 'opens; twice' },
      { document: 'SECURITY.md', promise, file: 'b.test.ts', name: 'a group' },
    ])
    expect(evidenceIn('SECURITY.md', read('SECURITY.md')).length).toBeGreaterThan(30)
    expect(evidenceIn('BCP', read('docs/security/oauth-bcp.md')).length).toBeGreaterThan(20)
  })

  it('is proved when every test in it passed', () => {
    expect(check(group('passed', 'passed'))).toEqual({ problems: [], notes: [] })
  })

  it.each([
    ['a skipped test', group('skipped'), 'was skipped'],
    ['a group with one skipped test', group('passed', 'skipped'), 'was skipped'],
    ['a failed test', group('passed', 'failed'), 'failed'],
    ['a failed test beside a skipped one', group('skipped', 'failed'), 'failed'],
    ['a test that did not finish', group('pending'), 'did not finish'],
    ['a test that is gone', { ...passed, 'b.test.ts': { other: ['passed'] as const } }, 'is absent'],
    ['a file that did not run', passed, 'did not run: its file is absent from the run'],
  ])('is not proved by %s', (_, files, says) => {
    expect(check(files)).toEqual({ problems: [`SECURITY.md: b.test.ts: "a group" ${says}`], notes: [] })
  })

  it('is checked for the files that ran, when not all of them did', () => {
    expect(check(passed, { full: false })).toEqual({ problems: [], notes: [] })
    expect(check({ 'b.test.ts': {} }, { full: false }).problems).toEqual([
      'SECURITY.md: b.test.ts: "a group" is absent',
    ])
  })

  it('is reported, and no problem, when it was skipped for want of a service', () => {
    const excused = (file: string): boolean => file === 'b.test.ts'
    expect(check(group('passed', 'skipped'), { excused })).toEqual({
      problems: [],
      notes: ['SECURITY.md: b.test.ts: "a group" was skipped: it needs a service that does not run here'],
    })
    expect(check(group('failed', 'skipped'), { excused }).problems).toHaveLength(1)
    expect(check({ ...passed, 'b.test.ts': {} }, { excused }).problems).toHaveLength(1)
  })
})

describe('a run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stagedoor-evidence-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const reporter = join(root, 'test/docs/support/evidence-reporter.ts')
  writeFileSync(
    join(folder, 'vitest.config.mts'),
    `import { EvidenceReporter } from ${JSON.stringify(reporter)}
    export default { test: { reporters: [new EvidenceReporter(['TABLE.md'])] } }`,
  )
  const run = (evidence: string, CI: string, ...args: string[]) => {
    writeFileSync(join(folder, 'TABLE.md'), `| 1 | A promise | \`a.test.ts\`: ${evidence} |\n`)
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder, ...args],
      { cwd: folder, encoding: 'utf8', env: { ...process.env, CI, NO_COLOR: '1' } },
    )
    return { status, stderr }
  }
  writeFileSync(
    join(folder, 'a.test.ts'),
    "import { describe, it } from 'vitest'\ndescribe('all', () => {\n  it('passes', () => {})\n  it.skip('skips', () => {})\n})\n",
  )

  it('passes with its evidence, and fails without', { timeout: 120_000 }, () => {
    expect(run('"passes"', '')).toEqual({ status: 0, stderr: '' })
    expect(run('"skips"', '')).toMatchObject({ status: 1, stderr: expect.stringContaining('"skips" was skipped') })
    expect(run('"all"', '')).toMatchObject({ status: 1, stderr: expect.stringContaining('"all" was skipped') })
    expect(run('"gone"', '')).toMatchObject({ status: 1, stderr: expect.stringContaining('"gone" is absent') })
    expect(run('"gone"', '', '-t', 'passes')).toEqual({ status: 0, stderr: '' })
  })

  it('fails with CI=true when any test was skipped', { timeout: 60_000 }, () => {
    const { status, stderr } = run('"passes"', 'true')
    expect(status).toBe(1)
    expect(stderr).toContain('skipped with CI=true: a.test.ts > all > skips')
  })
})
