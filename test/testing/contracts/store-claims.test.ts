import { describe } from 'vitest'
import { type Mutant, testMutants, tick } from './support/mutants.ts'

const repeated = 'a claim with the nonce of the first one succeeds again, and no other does'
const expired = 'an expired marker can be claimed again, with another nonce too'

const mutants: readonly Mutant[] = [
  ['lets a marker be claimed again', 'a marker is claimed once', () => ({ claim: async () => true })],
  [
    'looks at a marker and writes it in two steps',
    'a marker is claimed once',
    () => {
      const claimed = new Set<string>()
      return {
        async claim(marker) {
          if (claimed.has(marker)) return false
          await tick()
          claimed.add(marker)
          return true
        },
      }
    },
  ],
  [
    'cuts long markers',
    'a marker is claimed once',
    (store) => ({ claim: (marker, end, options) => store.claim(marker.toLowerCase().slice(0, 16), end, options) }),
  ],
  [
    'compares markers as a case-insensitive, padded column does',
    'markers that differ in case or spaces are different markers',
    (store) => ({ claim: (marker, end, options) => store.claim(marker.toLowerCase().trimEnd(), end, options) }),
  ],
  [
    'is satisfied with any nonce',
    repeated,
    (store) => ({
      claim: (marker, end, options) => store.claim(marker, end, options?.nonce === undefined ? {} : { nonce: 'any' }),
    }),
  ],
  [
    'takes no nonce for the own one',
    repeated,
    (store) => ({ claim: (marker, end, options) => store.claim(marker, end, { nonce: options?.nonce ?? 'mine' }) }),
  ],
  [
    'takes one missing nonce for another',
    repeated,
    (store) => ({ claim: (marker, end, options) => store.claim(marker, end, { nonce: options?.nonce ?? 'none' }) }),
  ],
  ['does not know the own nonce', repeated, (store) => ({ claim: (marker, end) => store.claim(marker, end) })],
  [
    'compares nonces whatever their case',
    repeated,
    (store) => ({
      claim: (marker, end, options) =>
        store.claim(marker, end, options?.nonce === undefined ? {} : { nonce: options.nonce.toLowerCase() }),
    }),
  ],
  [
    'knows the own nonces of its process only',
    repeated,
    () => ({}),
    (store) => ({ claim: (marker, end) => store.claim(marker, end) }),
  ],
  [
    'keeps the last nonce instead of the first',
    repeated,
    () => {
      const nonces = new Map<string, string | undefined>()
      return {
        async claim(marker, _, options) {
          const isFirst = !nonces.has(marker) || (options?.nonce !== undefined && nonces.get(marker) === options.nonce)
          nonces.set(marker, options?.nonce)
          return isFirst
        },
      }
    },
  ],
  [
    'looks at a nonce and writes it in two steps',
    'one of many nonces that claim a marker at once succeeds',
    () => {
      const nonces = new Map<string, string | undefined>()
      return {
        async claim(marker, _, options) {
          if (nonces.has(marker)) return nonces.get(marker) === options?.nonce
          await tick()
          nonces.set(marker, options?.nonce)
          return true
        },
      }
    },
  ],
  [
    'takes the end of a marker for the truth about the time',
    'a marker with an end in the past is claimed once too',
    (store) => ({ claim: async (marker, end) => end < Date.now() || store.claim(marker, end) }),
  ],
  [
    'keeps markers for ever',
    expired,
    (store) => ({ claim: (marker, _, options) => store.claim(marker, 1e15, options) }),
  ],
  [
    'lets only the first nonce claim an expired marker',
    expired,
    (store) => {
      const nonces = new Map<string, string>()
      return {
        async claim(marker, end, options) {
          const nonce = nonces.get(marker) ?? options?.nonce
          if (nonce !== undefined) nonces.set(marker, nonce)
          return nonce === options?.nonce && store.claim(marker, end, options)
        },
      }
    },
  ],
  [
    'lets every nonce that a marker ever had claim it',
    expired,
    (store) => {
      const nonces = new Map<string, Set<string>>()
      return {
        async claim(marker, end, options) {
          const known = nonces.get(marker) ?? new Set()
          if (known.has(options?.nonce ?? '')) return true
          const isClaimed = await store.claim(marker, end, options)
          if (isClaimed && options?.nonce !== undefined) nonces.set(marker, known.add(options.nonce))
          return isClaimed
        },
      }
    },
  ],
  [
    'claims a marker although it refuses its end',
    'claim refuses bad arguments and aborted signals, and claims nothing then',
    (store) => ({
      async claim(marker, end, options) {
        if (!Number.isSafeInteger(end)) await store.claim(marker, Math.ceil(end))
        return store.claim(marker, end, options)
      },
    }),
  ],
  [
    'does not look at the signal of a claim',
    'claim refuses bad arguments and aborted signals, and claims nothing then',
    (store) => ({ claim: (marker, end, options) => store.claim(marker, end, { nonce: options?.nonce }) }),
  ],
  [
    'cuts long nonces',
    'claim refuses bad arguments and aborted signals, and claims nothing then',
    (store) => ({
      claim: (marker, end, options) =>
        store.claim(marker, end, { signal: options?.signal, nonce: options?.nonce?.slice(0, 64) }),
    }),
  ],
]

describe('the contract of claims', () => testMutants(mutants))
