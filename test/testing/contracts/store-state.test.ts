import { describe } from 'vitest'
import type { StateStore } from '../../../src/stores/state-store.ts'
import { type Mutant, type Mutation, testMutants, tick } from './support/mutants.ts'

const unknown = 'state is undefined until it is created'
const revisions = 'state is replaced only with its revision, and every write gives a new one'
const writers = 'one of many writers of the same state at once succeeds'
const bytes = 'every byte, 64 KiB and no bytes at all are stored unchanged'
const own = 'state does not change with the bytes that were written or read'
const keys = 'keys that differ in case, accents or spaces are different keys'
const expired = 'expired state is gone and can be created again'
const refusals = 'state refuses bad arguments and aborted signals, and writes nothing then'

const mutating =
  (change: (state: StateStore, now: () => number) => Partial<StateStore>): Mutation =>
  ({ state }, now) => ({ state: { ...state, ...change(state, now) } })
const writing = (change: (written: Uint8Array) => Uint8Array): Mutation =>
  mutating((state) => ({
    compareAndSet: (key, expected, written, ...rest) => state.compareAndSet(key, expected, change(written), ...rest),
  }))
const reading = (change: (stored: Uint8Array) => Uint8Array): Mutation =>
  mutating((state) => ({
    async load(key, options) {
      const entry = await state.load(key, options)
      return entry && { ...entry, bytes: change(entry.bytes) }
    },
  }))
const keyed = (change: (key: string) => string): Mutation =>
  mutating((state) => ({
    load: (key, options) => state.load(change(key), options),
    compareAndSet: (key, ...rest) => state.compareAndSet(change(key), ...rest),
  }))
const revisionOf = async (state: StateStore, key: string): Promise<string | undefined> =>
  (await state.load(key))?.revision

const mutants: readonly Mutant[] = [
  [
    'has empty state from the start',
    unknown,
    mutating((state) => ({
      load: async (key) => (await state.load(key)) ?? { revision: '', bytes: new Uint8Array() },
    })),
  ],
  [
    'creates state for those who expect some',
    unknown,
    mutating((state) => ({
      compareAndSet: async (key, expected, ...rest) =>
        state.compareAndSet(key, (await revisionOf(state, key)) === undefined ? undefined : expected, ...rest),
    })),
  ],
  [
    'writes state whatever its revision is',
    revisions,
    mutating((state) => ({
      compareAndSet: async (key, _, ...rest) => state.compareAndSet(key, await revisionOf(state, key), ...rest),
    })),
  ],
  [
    'creates state over other state',
    revisions,
    mutating((state) => ({
      compareAndSet: async (key, expected, ...rest) =>
        state.compareAndSet(key, expected ?? (await revisionOf(state, key)), ...rest),
    })),
  ],
  [
    'returns another revision than it stores',
    revisions,
    mutating((state) => ({
      async compareAndSet(...write) {
        const revision = await state.compareAndSet(...write)
        return revision && `${revision}-2`
      },
    })),
  ],
  [
    'takes the bytes for the revision',
    revisions,
    mutating((state) => {
      const named = (stored: Uint8Array): string => `r${stored.join()}`
      return {
        async load(key) {
          const entry = await state.load(key)
          return entry && { ...entry, revision: named(entry.bytes) }
        },
        async compareAndSet(key, expected, written, ...rest) {
          const entry = await state.load(key)
          if ((entry && named(entry.bytes)) !== expected) return undefined
          await state.compareAndSet(key, entry?.revision, written, ...rest)
          return named(written)
        },
      }
    }),
  ],
  [
    'keeps state for its process only',
    revisions,
    () => ({}),
    (store) => {
      const none: StateStore = { ...store.state, load: async () => undefined }
      return { state: none }
    },
  ],
  [
    'compares and writes state in two steps',
    writers,
    mutating((state) => ({
      async compareAndSet(key, expected, ...rest) {
        if ((await revisionOf(state, key)) !== expected) return undefined
        await tick()
        return state.compareAndSet(key, await revisionOf(state, key), ...rest)
      },
    })),
  ],
  ['keeps text', bytes, writing((written) => new TextEncoder().encode(new TextDecoder().decode(written)))],
  ['keeps seven bits', bytes, reading((stored) => stored.map((byte) => byte % 128))],
  ['ends at NUL', bytes, reading((stored) => stored.slice(0, (stored.indexOf(0) + 1 || stored.length + 1) - 1))],
  ['cuts 64 KiB by a byte', bytes, writing((written) => written.slice(0, 65_535))],
  [
    'takes no bytes for no state',
    bytes,
    mutating((state) => ({
      async load(key) {
        const entry = await state.load(key)
        return entry?.bytes.length === 0 ? undefined : entry
      },
    })),
  ],
  ['keeps the whole buffer behind the bytes', bytes, writing((written) => new Uint8Array(written.buffer))],
  [
    'hands out the bytes that it keeps',
    own,
    mutating((state) => {
      const kept = new Map<string, Uint8Array>()
      return {
        async load(key) {
          const entry = await state.load(key)
          const stored = kept.get(key) ?? entry?.bytes
          if (stored) kept.set(key, stored)
          return entry && stored && { ...entry, bytes: stored }
        },
      }
    }),
  ],
  [
    'keeps the bytes that it was handed',
    own,
    mutating((state) => {
      const kept = new Map<string, Uint8Array>()
      return {
        async load(key) {
          const entry = await state.load(key)
          return entry && { ...entry, bytes: kept.get(key)?.slice() ?? entry.bytes }
        },
        async compareAndSet(key, expected, written, ...rest) {
          kept.set(key, written)
          return state.compareAndSet(key, expected, written, ...rest)
        },
      }
    }),
  ],
  ['compares keys whatever their case', keys, keyed((key) => key.toLowerCase())],
  ['compares keys without spaces at their end', keys, keyed((key) => key.trimEnd())],
  ['normalizes keys', keys, keyed((key) => key.normalize('NFC'))],
  ['cuts long keys', keys, keyed((key) => key.slice(0, 130))],
  [
    'keeps state for ever',
    expired,
    mutating((state) => ({
      compareAndSet: (key, expected, written, _, options) => state.compareAndSet(key, expected, written, 1e15, options),
    })),
  ],
  [
    'returns expired state',
    expired,
    mutating((state, now) => {
      const kept = new Map<string, Awaited<ReturnType<StateStore['load']>>>()
      return {
        async load(key) {
          const entry = await state.load(key)
          if (entry || now() - Date.now() === 0) kept.set(key, entry)
          return kept.get(key)
        },
      }
    }),
  ],
  [
    'does not create state in place of expired state',
    expired,
    mutating((state) => {
      const known = new Set<string>()
      return {
        async compareAndSet(key, expected, ...rest) {
          if (expected === undefined && known.has(key)) return undefined
          known.add(key)
          return state.compareAndSet(key, expected, ...rest)
        },
      }
    }),
  ],
  [
    'lets the revision of expired state create it again',
    expired,
    mutating((state) => ({
      compareAndSet: async (key, expected, ...rest) =>
        state.compareAndSet(key, (await revisionOf(state, key)) && expected, ...rest),
    })),
  ],
  [
    'lets all state expire at once',
    expired,
    mutating((state, now) => ({
      load: async (key) => (now() - Date.now() > 1000 && key.endsWith('-2') ? undefined : state.load(key)),
    })),
  ],
  [
    'looks for state under any key',
    refusals,
    mutating((state) => ({
      load: (key, options) => state.load(key || 'none', options),
    })),
  ],
  ['cuts keys that are too long', refusals, keyed((key) => key.slice(0, 127))],
  ['leaves NUL out of keys', refusals, keyed((key) => key.replace('\0', ''))],
  ['cuts bytes that are too many', refusals, writing((written) => written.slice(0, 65_536))],
  ['makes bytes of anything', refusals, writing((written) => Uint8Array.from(written))],
  [
    'rounds times',
    refusals,
    mutating((state) => ({
      compareAndSet: (key, expected, written, expiresAt, options) =>
        state.compareAndSet(key, expected, written, Math.ceil(expiresAt), options),
    })),
  ],
  ['does not look at the signal of load', refusals, mutating((state) => ({ load: (key) => state.load(key) }))],
  [
    'does not look at the signal of a write of state',
    refusals,
    mutating((state) => ({
      compareAndSet: (key, expected, written, expiresAt) => state.compareAndSet(key, expected, written, expiresAt),
    })),
  ],
]

describe('the contract of state', () => testMutants(mutants))
