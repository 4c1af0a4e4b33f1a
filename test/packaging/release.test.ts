import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { allowed } from '../../scripts/licenses.ts'
import { objections } from '../../scripts/release-check.ts'
import { bundledComponents } from '../../scripts/sbom.ts'
import { root } from './installation.ts'

interface Workflow {
  readonly permissions?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly 'timeout-minutes'?: number
  readonly steps: readonly {
    readonly uses?: string
    readonly run?: string
    readonly with?: Readonly<Record<string, unknown>>
  }[]
}

const workflows = globSync('.github/workflows/*.yml', { cwd: root }).map((name) => {
  const text = readFileSync(join(root, name), 'utf8')
  return { name, text, workflow: parse(text) as Workflow }
})

describe('the workflows', () => {
  it('are found', () => {
    expect(workflows.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['.github/workflows/ci.yml', '.github/workflows/release.yml']),
    )
  })

  it.each(workflows)('$name starts without permissions and pins every action by commit', ({ text, workflow }) => {
    expect(workflow.permissions).toEqual({})
    for (const job of Object.values(workflow.jobs)) {
      expect(job['timeout-minutes']).toBeGreaterThan(0)
      for (const { uses, with: input } of job.steps) {
        if (uses === undefined) continue
        expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)
        expect(text).toMatch(new RegExp(`${uses} # v\\d+\\.\\d+\\.\\d+`))
        if (uses.startsWith('actions/checkout@')) expect(input).toMatchObject({ 'persist-credentials': false })
      }
    }
  })

  it.each(workflows)('$name puts no untrusted input into a command', ({ workflow }) => {
    const commands = Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []))
    expect(commands.filter((command) => command.includes('${{'))).toEqual([])
  })

  it('publish with provenance and a bill of materials, and only after the checks', () => {
    const release = workflows.find(({ name }) => name.endsWith('release.yml'))?.workflow as Workflow & {
      readonly jobs: { readonly publish: Job & { readonly needs: string } }
    }
    const commands = release.jobs.publish.steps.map(({ run }) => run).join('\n')
    expect(commands).toContain('npm publish --provenance')
    expect(commands).toContain('npm run sbom')
    expect(release.jobs.publish.needs).toBe('check')
    expect(release.jobs.publish.permissions).toEqual({ contents: 'write', 'id-token': 'write' })
  })
})

describe('the check before a release', () => {
  const manifest =
    '{ "version": "0.1.0", "repository": { "type": "git", "url": "git+https://host.example/stagedoor.git" } }'
  const changelog = '# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-12-01\n\n- All of it.\n'

  it('accepts a tag that matches the manifest and the changelog', () => {
    expect(objections('v0.1.0', manifest, changelog)).toEqual([])
  })

  it.each([
    ['0.1.0', manifest, changelog, /no version tag/],
    ['v0.2.0', manifest, changelog, /package\.json has version 0\.1\.0/],
    ['v0.1.0', '{ "version": "0.1.0" }', changelog, /names no repository/],
    ['v0.1.0', manifest, '## [Unreleased]\n', /no section \[0\.1\.0\]/],
    ['v0.1.0', manifest, '## [0.1.0]\n', /no date/],
  ])('stops %s', (tag, manifest, changelog, message) => {
    expect(objections(tag, manifest, changelog).join('\n')).toMatch(message)
  })
})

describe('the bill of materials', () => {
  it('names what the command line bundles, scoped packages as a package URL does', () => {
    const packages = new Map(['commander', '@clack/prompts'].map((name) => [name, join(root, 'node_modules', name)]))
    expect(bundledComponents(packages)).toEqual([
      expect.objectContaining({ name: 'commander', purl: expect.stringMatching(/^pkg:npm\/commander@\d/) }),
      expect.objectContaining({
        name: '@clack/prompts',
        purl: expect.stringMatching(/^pkg:npm\/%40clack\/prompts@\d/),
      }),
    ])
  })
})

describe('the check of licences', () => {
  it.each([
    ['MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['MIT AND Apache-2.0', true],
    ['MIT AND GPL-3.0-only', false],
    ['AGPL-3.0-only', false],
    ['UNLICENSED', false],
    [undefined, false],
  ])('%s: %s', (license, isAllowed) => {
    expect(allowed(license)).toBe(isAllowed)
  })
})
