import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../src/stores/memory.ts'
import { storeContract } from '../../src/testing/contracts/store.ts'
import { storedConnection } from '../../src/testing/contracts/store-fixtures.ts'

describe('the memory store', () => {
  let ahead = 0
  const store = memoryStore({ now: () => Date.now() + ahead })
  const advance = (ms: number): void => {
    ahead += ms
  }
  for (const { name, run } of storeContract({ store: () => store, advance })) test(name, run)

  test('forgets everything and refuses calls once closed', async () => {
    const closed = memoryStore()
    const record = storedConnection({ ownerId: 'a' })
    await closed.compareAndSet(record, undefined, record)
    await closed.close()
    await expect(closed.get(record)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false })
  })

  test('forgets markers that have ended, however many there were', async () => {
    let now = 1_000_000
    const forgetful = memoryStore({ now: () => now })
    for (let index = 0; index < 300; index++) await forgetful.claim(`m${index}`, now + 10)
    now += 11
    for (let index = 0; index < 300; index++) expect(await forgetful.claim(`m${index}`, now + 10)).toBe(true)
  })
})
