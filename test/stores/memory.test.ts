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
    const { provider } = record
    for (const call of [
      closed.get(record),
      closed.getRemoved(record),
      closed.compareAndSet(record, undefined, record),
      closed.list({ provider, limit: 1 }),
      closed.count({ provider, by: 'status' }),
      closed.due({ provider, limit: 1, at: 1e15 }),
      closed.reserve({ provider, limit: 1, at: 1e15, length: 1 }),
      closed.claim('marker', 1e15),
      closed.state.load('key'),
      closed.state.compareAndSet('key', undefined, new Uint8Array(), 1e15),
    ])
      await expect(call).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false })
  })

  test('forgets markers that have ended, however many there were', async () => {
    let now = 1_000_000
    const forgetful = memoryStore({ now: () => now })
    for (let index = 0; index < 300; index++) await forgetful.claim(`m${index}`, now + 10)
    now += 11
    for (let index = 0; index < 300; index++) expect(await forgetful.claim(`m${index}`, now + 10)).toBe(true)
  })

  test('forgets state that has ended, however much there was', async () => {
    let now = 1_000_000
    const { state } = memoryStore({ now: () => now })
    const bytes = new Uint8Array(1)
    for (let index = 0; index < 300; index++) await state.compareAndSet(`k${index}`, undefined, bytes, now + 10)
    const lasting = await state.compareAndSet('lasting', undefined, bytes, now + 1000)
    now += 11
    for (let index = 0; index < 300; index++) expect(await state.load(`k${index}`)).toBeUndefined()
    for (let index = 0; index < 300; index++)
      expect(await state.compareAndSet(`k${index}`, undefined, bytes, now + 10)).toBeTypeOf('string')
    expect((await state.load('lasting'))?.revision).toBe(lasting)
  })
})
