import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const root = new URL('../../src/', import.meta.url)

/** Everything that a module loads when it is imported; what is imported for its types only does not count. */
function loaded(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>()
  const packages = new Set<string>()
  const visit = (url: URL): void => {
    const path = url.href.slice(root.href.length)
    if (files.has(path)) return
    files.add(path)
    const source = readFileSync(url, 'utf8')
    for (const [, clause = '', specifier = ''] of source.matchAll(/^(?:import|export)\s([^'"]*?)from\s+'([^']+)'/gms)) {
      const names =
        clause
          .match(/\{([^}]*)\}/)?.[1]
          ?.split(',')
          .map((name) => name.trim())
          .filter(Boolean) ?? []
      const typesOnly =
        clause.startsWith('type ') || (names.length > 0 && names.every((name) => name.startsWith('type ')))
      if (typesOnly) continue
      if (specifier.startsWith('.')) visit(new URL(specifier, url))
      else packages.add(specifier)
    }
  }
  visit(new URL(entry, root))
  return { files, packages }
}

describe('what the vault loads', () => {
  const adapters = ['aws', 'gcp', 'azure', 'vault-transit'].map((name) => `vault/kms/${name}.ts`)

  test.each(['vault/index.ts', 'index.ts'])('%s loads no KMS adapter but the local one', (entry) => {
    expect(existsSync(new URL(entry, root))).toBe(true)
    const { files } = loaded(entry)
    expect(files).toContain('vault/kms/local.ts')
    for (const adapter of adapters) expect(files).not.toContain(adapter)
  })

  test('the vault loads no package; p-retry comes with the first call of a KMS', () => {
    const { files, packages } = loaded('vault/index.ts')
    expect([...packages]).toEqual([])
    expect(files).toContain('internal/retry.ts')
  })

  test.each(adapters)('%s needs no package at all, and nothing of Node', (adapter) => {
    const { files, packages } = loaded(adapter)
    expect([...packages]).toEqual([])
    expect(files).not.toContain('vault/vault.ts')
  })
})
