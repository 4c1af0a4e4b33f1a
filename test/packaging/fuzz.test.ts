import { describe, expect, it } from 'vitest'
import { check, properties } from '../../scripts/fuzz.ts'

describe('parsers of untrusted input', () => {
  it.each(Object.keys(properties))('%s', async (name) => {
    await check(name, { numRuns: 200 })
  })

  it('are known to the fuzzer by name', async () => {
    await expect(check('no such property', { numRuns: 1 })).rejects.toThrow('There is no property')
  })
})
