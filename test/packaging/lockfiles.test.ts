import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Lock, missingPlatforms, withoutIntegrity } from '../../scripts/lock-platforms.ts'
import { root } from './support/installation.ts'

const files = globSync('{.,*,*/*}/package-lock.json', { cwd: root, exclude: (name) => name.includes('node_modules') })
const lockfiles = files.map((name) => ({
  name,
  lock: JSON.parse(readFileSync(join(root, name), 'utf8')) as Lock,
}))

describe('the lockfiles', () => {
  it('are those of the project, the benchmarks and the runtimes', () => {
    expect(lockfiles.map(({ name }) => name).toSorted()).toEqual([
      'bench/package-lock.json',
      'package-lock.json',
      'test/runtimes/package-lock.json',
    ])
  })

  it.each(lockfiles)('$name has an integrity hash for every package', ({ lock }) => {
    expect(Object.keys(lock.packages).length).toBeGreaterThan(50)
    expect(withoutIntegrity(lock)).toEqual([])
  })

  it.each(lockfiles)('$name names no registry host', ({ lock }) => {
    const resolved = Object.values(lock.packages).flatMap((entry) =>
      entry.link === true ? [] : (entry.resolved ?? []),
    )
    expect(resolved).toEqual([])
  })

  it.each(lockfiles)('$name has the optional packages of every platform', ({ lock }) => {
    expect(missingPlatforms(lock)).toEqual([])
  })
})

describe('the check of a lockfile', () => {
  it('finds an entry without a hash and an optional package without an entry', () => {
    const integrity = `sha512-${'a'.repeat(86)}==`
    const lock: Lock = {
      packages: {
        '': {},
        'test/clients': {},
        'node_modules/clients': { link: true, resolved: 'test/clients' },
        'node_modules/whole': { integrity, optionalDependencies: { 'whole-linux-x64': '1.0.0', nested: '1.0.0' } },
        'node_modules/whole/node_modules/nested': { integrity },
        'node_modules/weak': { integrity: 'sha1-AAAA' },
        'node_modules/without': {},
      },
    }
    expect(withoutIntegrity(lock)).toEqual(['node_modules/weak', 'node_modules/without'])
    expect(missingPlatforms(lock)).toEqual(['whole-linux-x64'])
  })
})
