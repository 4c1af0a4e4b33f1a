import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { lazy } from '../../src/internal/lazy.ts'

describe('lazy', () => {
  it('loads nothing before the first use', () => {
    const importer = vi.fn(async () => 'module')
    const module = lazy(importer)
    expect(module.value).toBeUndefined()
    expect(importer).not.toHaveBeenCalled()
  })

  it('loads once, however many callers there are and however late they come', async () => {
    const importer = vi.fn(async () => ({ name: 'module' }))
    const module = lazy(importer)
    const [one, other] = await Promise.all([module.load(), module.load()])
    expect(one).toBe(other)
    expect(await module.load()).toBe(one)
    expect(module.value).toBe(one)
    expect(importer).toHaveBeenCalledTimes(1)
  })

  it('rejects for every caller of a failed load, and tries again with the next call', async () => {
    const failure = new Error('too many open files')
    const importer = vi.fn(async () => 'module')
    importer.mockRejectedValueOnce(failure)
    const module = lazy(importer)
    const outcomes = await Promise.allSettled([module.load(), module.load()])
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual([failure, failure])
    expect(module.value).toBeUndefined()
    expect(await module.load()).toBe('module')
    expect(importer).toHaveBeenCalledTimes(2)
  })

  it('lets a caller that handles the failure start the next load at once', async () => {
    const importer = vi.fn(async () => 'module')
    importer.mockRejectedValueOnce(new Error('too many open files'))
    const module = lazy(importer)
    expect(await module.load().catch(() => module.load())).toBe('module')
  })

  it('rejects where the importer itself throws, and tries again with the next call', async () => {
    const failure = new Error('no such file')
    const importer = vi.fn(async () => 'module')
    importer.mockImplementationOnce(() => {
      throw failure
    })
    const module = lazy(importer)
    await expect(module.load()).rejects.toBe(failure)
    expect(await module.load()).toBe('module')
  })

  it('leaves no unhandled rejection behind a load whose result is ignored', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const module = lazy(async () => Promise.reject(new Error('too many open files')))
    module.load()
    // Node reports it once the microtasks are through.
    await new Promise((next) => setImmediate(next))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })
})

describe('the sources', () => {
  it('delay four things through it, and import all else at once', () => {
    const root = new URL('../../src/', import.meta.url)
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    const delayed = files
      .map((name) => name.replaceAll('\\', '/'))
      // The command line imports the user's configuration, by its path.
      .filter((name) => name.endsWith('.ts') && !name.startsWith('cli/'))
      .flatMap((name) => {
        const lines = readFileSync(new URL(name, root), 'utf8').split('\n')
        return lines.filter((line) => /[^.\w]import\(/.test(line) && !/^\s*(\/\/|\/?\*)/.test(line))
      })
    const modules = delayed.flatMap((line) => [...line.matchAll(/import\('([^']+)'\)/g)].map(([, module]) => module))
    expect(modules.toSorted()).toEqual([
      './schemas/read.ts',
      'jose/jwt/decrypt',
      'jose/jwt/encrypt',
      'oauth4webapi',
      'p-retry',
    ])
    expect(delayed.filter((line) => !line.includes('= lazy('))).toEqual([])
  })
})
