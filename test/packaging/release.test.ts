import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { allowed } from '../../scripts/licenses.ts'
import { objections } from '../../scripts/release-check.ts'
import { bundledComponents } from '../../scripts/sbom.ts'
import { root } from './support/installation.ts'

interface Workflow {
  readonly permissions?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

interface Job {
  readonly needs?: string | readonly string[]
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly services?: Readonly<Record<string, unknown>>
  readonly outputs?: Readonly<Record<string, string>>
  readonly permissions?: Readonly<Record<string, string>>
  readonly 'timeout-minutes'?: number
  readonly steps?: readonly {
    readonly uses?: string
    readonly run?: string
    readonly env?: Readonly<Record<string, string>>
    readonly with?: Readonly<Record<string, unknown>>
  }[]
}

const workflows = globSync('.github/workflows/*.yml', { cwd: root }).map((name) => {
  const text = readFileSync(join(root, name), 'utf8')
  return { name, text, workflow: parse(text) as Workflow }
})

/** As a workflow writes it, in braces after a dollar sign. */
const expression = (name: string): string => ['$', '{{ ', name, ' }}'].join('')

function workflowOf(name: string): Workflow {
  const found = workflows.find((one) => one.name.endsWith(`/${name}.yml`))
  if (found === undefined) throw new Error(`There is no workflow ${name}`)
  return found.workflow
}

describe('the workflows', () => {
  it('are found', () => {
    expect(workflows.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['.github/workflows/ci.yml', '.github/workflows/release.yml']),
    )
  })

  it.each(workflows)('$name starts without permissions and pins every action by commit', ({ text, workflow }) => {
    expect(workflow.permissions).toEqual({})
    for (const job of Object.values(workflow.jobs)) {
      if (job.uses === undefined) expect(job['timeout-minutes']).toBeGreaterThan(0)
      else expect(job.uses).toBe('./.github/workflows/ci.yml')
      for (const { uses, with: input } of job.steps ?? []) {
        if (uses === undefined) continue
        expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)
        expect(text).toMatch(new RegExp(`${uses} # v\\d+\\.\\d+\\.\\d+`))
        if (uses.startsWith('actions/checkout@')) expect(input).toMatchObject({ 'persist-credentials': false })
      }
    }
  })

  it.each(workflows)('$name puts no untrusted input into a command', ({ workflow }) => {
    const commands = Object.values(workflow.jobs).flatMap(({ steps = [] }) => steps.flatMap(({ run }) => run ?? []))
    expect(commands.filter((command) => command.includes('${{'))).toEqual([])
  })

  it('run every script of .ci somewhere, and no other one', () => {
    expect(globSync('.ci/*', { cwd: root }).toSorted()).toEqual(['.ci/full', '.ci/run'])
    const { on, jobs } = workflowOf('ci') as Workflow & {
      readonly on: { readonly workflow_call: { readonly inputs: { readonly script: { readonly default: string } } } }
    }
    expect(on.workflow_call.inputs.script.default).toBe('run')
    expect(jobs.test?.steps?.map(({ run }) => run)).toContain('bash ".ci/$SCRIPT"')
    expect(workflowOf('nightly').jobs.full?.with).toEqual({ script: 'full' })
    expect(readFileSync(join(root, '.ci/full'), 'utf8')).toContain('bash .ci/run')
  })
})

describe('a release', () => {
  const { pack, test, publish, announce } = workflowOf('release').jobs as Record<
    'pack' | 'test' | 'publish' | 'announce',
    Job
  >
  const commands = ({ steps = [] }: Job): string => steps.map(({ run }) => run).join('\n')
  const outputs = { TARBALL: expression('needs.pack.outputs.tarball'), SHA256: expression('needs.pack.outputs.sha256') }

  it('is packed once, with its bill of materials, by a job that may write nothing', () => {
    expect(pack.permissions).toEqual({ contents: 'read' })
    expect(commands(pack)).toContain('node scripts/release-check.ts')
    expect(commands(pack)).toContain('npm run sbom')
    expect(commands(pack)).toContain('npm pack --ignore-scripts')
    expect(pack.outputs).toEqual({
      tarball: expression('steps.pack.outputs.tarball'),
      sha256: expression('steps.pack.outputs.sha256'),
    })
    for (const job of [test, publish, announce]) expect(commands(job)).not.toMatch(/npm pack|npm run build/)
  })

  it('is tested as that tarball, by the whole suite with its services', () => {
    expect(test).toMatchObject({
      needs: 'pack',
      permissions: { contents: 'read' },
      uses: './.github/workflows/ci.yml',
      with: { package: 'package', tarball: outputs.TARBALL, sha256: outputs.SHA256 },
    })
    const suite = workflowOf('ci').jobs.test as Job
    expect(Object.keys(suite.services ?? {})).toEqual(['postgres', 'mariadb', 'redis'])
    expect(commands(suite)).toContain('sha256sum --check --strict')
    expect(commands(suite)).toContain('echo "STAGEDOOR_TARBALL=$PWD/$TARBALL" >> "$GITHUB_ENV"')
  })

  it('publishes that tarball with provenance, without scripts, from a job that installs nothing', () => {
    expect(publish.needs).toEqual(['pack', 'test'])
    expect(publish.permissions).toEqual({ 'id-token': 'write' })
    const actions = (publish.steps ?? []).flatMap(({ uses }) => uses?.split('@')[0] ?? [])
    expect(actions).toEqual(['actions/setup-node', 'actions/download-artifact'])
    const runs = (publish.steps ?? []).filter(({ run }) => run !== undefined)
    expect(runs).toHaveLength(1)
    expect(runs[0]?.env).toEqual(outputs)
    expect(runs[0]?.run?.trim().split('\n')).toEqual([
      'echo "$SHA256  $TARBALL" | sha256sum --check --strict',
      'npm publish --provenance --access public --ignore-scripts "./$TARBALL"',
    ])
  })

  it('appears with its bill of materials once it is published', () => {
    expect(announce.needs).toContain('publish')
    expect(announce.permissions).toEqual({ contents: 'write' })
    expect(commands(announce)).toContain('gh release create "$GITHUB_REF_NAME" sbom.cdx.json')
    expect(commands(announce)).not.toContain('npm')
  })

  it('gives no job but these two a right beyond reading', () => {
    const writing = workflows.flatMap(({ workflow }) =>
      Object.entries(workflow.jobs).filter(([, { permissions = {} }]) => Object.values(permissions).includes('write')),
    )
    expect(writing.map(([name]) => name)).toEqual(['publish', 'announce'])
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
