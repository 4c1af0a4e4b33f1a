import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../../src/stores/memory.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import { type StoreContractSubject, storeContract } from '../../../src/testing/contracts/store.ts'

const names = (subject: StoreContractSubject): string[] => storeContract(subject).map(({ name }) => name)
function leanStore(): TokenStore {
  const { reserve: _, state: __, ...store } = memoryStore()
  return store
}
const means = { corrupt: async () => {}, advance: () => {} }

describe('the contract of stores', () => {
  test('names every case once', () => {
    const all = names({ store: memoryStore, ...means })
    expect(new Set(all).size).toBe(all.length)
  })

  test('leaves out the cases whose means are missing', () => {
    const all = names({ store: memoryStore, ...means })
    const without = (subject: StoreContractSubject): number => all.length - names(subject).length
    expect(without({ store: memoryStore, advance: means.advance })).toBe(3)
    expect(without({ store: memoryStore, corrupt: means.corrupt })).toBe(5)
    expect(without({ store: memoryStore })).toBe(8)
    expect(without({ store: leanStore, ...means })).toBe(16)
    const { reserve: _, ...withState } = memoryStore()
    const { state: __, ...withReserve } = memoryStore()
    expect(without({ store: () => withState, ...means })).toBe(8)
    expect(without({ store: () => withReserve, ...means })).toBe(8)
  })

  test.each(storeContract({ store: leanStore }))('passes a store without reserve and state: $name', async ({ run }) => {
    await run()
  })

  test('passes a store without reserve and state that is only there when the cases run', async () => {
    let store: TokenStore | undefined
    const cases = storeContract({
      store() {
        if (store === undefined) throw new Error('The store is not there yet.')
        return store
      },
    })
    expect(cases.length).toBe(names({ store: memoryStore }).length)
    store = leanStore()
    for (const { run } of cases) await run()
  })
})
