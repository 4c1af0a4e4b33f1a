import { expect, test } from 'vitest'
import { isStagedoorError, StoreError } from '../../../src/errors.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import type { TokenStore } from '../../../src/stores/store.ts'
import { createWorld, hour } from '../support/world.ts'

const id = { provider: 'spotify', ownerId: 'ada' }
const seeds = 60

/** The same numbers for the same seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed * 2654435761
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * sides)
  }
}

/** A store that responses in any order, and sometimes says that a write failed which it made, or did not make. */
function erratic(inner: TokenStore, roll: (sides: number) => number): TokenStore {
  const turns = async (): Promise<void> => {
    for (let turn = roll(4); turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve))
  }
  const fail = (): void => {
    if (roll(40) === 0) throw new StoreError('STORE_UNAVAILABLE', 'The database is away.')
  }
  return {
    ...inner,
    async get(...input) {
      await turns()
      const record = await inner.get(...input)
      await turns()
      return record
    },
    async compareAndSet(...input) {
      await turns()
      fail()
      const won = await inner.compareAndSet(...input)
      await turns()
      fail()
      return won
    },
  }
}

test(`${seeds} random interleavings of three processes lose no token, send none twice at a time, and end no grant`, async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const roll = dice(seed)
    const memory = memoryStore()
    const inFlight = new Set<string>()
    const overlaps: string[] = []
    const world = createWorld({
      store: erratic(memory, roll),
      fakeOptions: { rotation: 'always' },
      async fetch(input, init) {
        const sent = new URLSearchParams(String(init?.body)).get('refresh_token') ?? ''
        if (inFlight.has(sent)) overlaps.push(`seed ${seed}`)
        inFlight.add(sent)
        for (let turn = roll(6); turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve))
        const response = await world.fake.fetch(input, init)
        for (let turn = roll(6); turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve))
        inFlight.delete(sent)
        return response
      },
    })
    const processes = [world.connections, world.another(), world.another()]
    const grants: string[] = []
    const adopt = async (process: (typeof processes)[number]): Promise<void> => {
      const tokens = world.fake.issue()
      grants.push(tokens.refreshToken)
      await process.adopt({ ownerId: 'ada', tokens, authorizedAt: new Date(world.now() + grants.length) })
    }
    await adopt(world.connections).catch(() => adopt(world.connections))
    let rejected = ''
    const acts = [
      async (process: (typeof processes)[number]) => {
        rejected = await process.accessToken('ada', { rejected })
      },
      async (process: (typeof processes)[number]) => {
        rejected = await process.accessToken('ada')
      },
      async (process: (typeof processes)[number]) => void (await process.monitor().runOnce()),
      async () => {
        const record = await memory.get(id)
        if (record === undefined || record.lease !== undefined) return
        await memory.compareAndSet(id, record.revision, { ...record, revision: crypto.randomUUID(), nextCheckAt: 1 })
      },
      adopt,
      async (process: (typeof processes)[number]) => {
        if (roll(3) > 0) return
        await process.disconnect('ada')
        await adopt(process)
      },
    ]
    for (let round = 0; round < 4; round++) {
      const running = Array.from({ length: 8 }, async () => {
        for (let turn = roll(10); turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve))
        const act = acts[[0, 0, 0, 1, 2, 3, 3, 4, 5][roll(9)] ?? 0]
        const process = processes[roll(3)]
        if (act === undefined || process === undefined) return
        await act(process).catch((error: unknown) => {
          if (!isStagedoorError(error)) throw error
          expect(`${seed} ${error.code}`).not.toMatch(/NEEDS_REAUTH/)
        })
      })
      await Promise.all(running)
      for (const process of processes) await process.get('ada').catch(() => undefined)
      world.advance(hour)
    }
    expect(overlaps).toEqual([])
    for (const process of processes) await process.close()
    if ((await memory.get(id)) === undefined) continue
    // What is stored at the end is what the server takes.
    const checker = world.another({ store: memory })
    expect((await checker.get('ada'))?.status).toBe('connected')
    world.advance(hour)
    await expect(checker.accessToken('ada')).resolves.toBeTypeOf('string')
  }
}, 60_000)
