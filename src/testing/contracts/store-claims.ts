import type { StoreContractSubject } from './store.ts'
import type { AddCase } from './store-context.ts'
import { aborted, equal, refused, unique } from './store-fixtures.ts'

const tenMinutes = 600_000

/** One-time markers. */
export function addClaimCases(add: AddCase, { advance }: StoreContractSubject): void {
  add('a marker is claimed once', async ({ store, other }) => {
    const marker = unique()
    const end = Date.now() + tenMinutes
    const claims = await Promise.all(Array.from({ length: 24 }, (_, n) => (n % 2 ? store : other).claim(marker, end)))
    equal(claims.filter(Boolean).length, 1, 'successful claims')
    equal(await other.claim(marker, end), false)
    equal(await store.claim(unique(), end), true, 'another marker')
    equal(await store.claim(marker.toUpperCase().padEnd(17, 'X'), end), true, 'a longer marker')
  })
  add('markers that differ in case or spaces are different markers', async ({ store }) => {
    const marker = unique()
    for (const form of [`${marker}a`, `${marker}A`, `${marker}a `, `${marker}á`])
      equal(await store.claim(form, Date.now() + tenMinutes), true, `the first claim of ${form.slice(16)}`)
  })
  add('a claim with the nonce of the first one succeeds again, and no other does', async ({ store, other }) => {
    const marker = unique()
    const end = Date.now() + tenMinutes
    equal(await store.claim(marker, end, { nonce: 'mine' }), true)
    equal(await store.claim(marker, end, { nonce: 'mine' }), true, 'the same nonce')
    equal(await other.claim(marker, end, { nonce: 'mine' }), true, 'the same nonce by another process')
    equal(await other.claim(marker, end, { nonce: 'Mine' }), false, 'another nonce')
    equal(await store.claim(marker, end), false, 'no nonce')
    equal(await store.claim(marker, end, { nonce: undefined }), false, 'an undefined nonce')
    equal(await store.claim(marker, end, { nonce: 'mine' }), true, 'the same nonce after others')
    const second = unique()
    equal(await store.claim(second, end), true)
    equal(await store.claim(second, end), false)
    equal(await store.claim(second, end, { nonce: 'mine' }), false, 'a nonce after a claim without one')
  })
  add('one of many nonces that claim a marker at once succeeds', async ({ store, other }) => {
    const marker = unique()
    const end = Date.now() + tenMinutes
    const nonces = Array.from({ length: 24 }, (_, index) => `n${index % 12}`)
    const claims = await Promise.all(nonces.map((nonce, n) => (n < 12 ? store : other).claim(marker, end, { nonce })))
    const winners = nonces.filter((_, index) => claims[index])
    equal(winners.length, 2, 'successful claims')
    equal(new Set(winners).size, 1, 'nonces that succeeded')
  })
  add('a marker with an end in the past is claimed once too', async ({ store }) => {
    const marker = unique()
    equal(await store.claim(marker, 1_000_000), true)
    equal(await store.claim(marker, 1_000_000), false)
  })
  if (advance !== undefined)
    add('an expired marker can be claimed again, with another nonce too', async ({ store }) => {
      // The clock of the store may have been advanced before, and `expiresAt` is a time on it.
      const [marker, second] = [unique(), unique()]
      const hours = 3 * 3_600_000
      equal(await store.claim(marker, Date.now()), true)
      equal(await store.claim(second, Date.now(), { nonce: 'old' }), true)
      advance(hours)
      equal(await store.claim(second, Date.now() + 1000 * hours, { nonce: 'new' }), true, 'another nonce')
      equal(await store.claim(second, Date.now() + 1000 * hours, { nonce: 'old' }), false, 'the nonce from before')
      equal(await store.claim(marker, Date.now() + 1000 * hours), true)
      equal(await store.claim(marker, Date.now() + 1000 * hours), false)
    })
  add('claim refuses bad arguments and aborted signals, and claims nothing then', async ({ store }) => {
    const marker = unique()
    const end = Date.now() + tenMinutes
    await refused({
      'no marker': () => store.claim('', end),
      'a marker of 256 bytes': () => store.claim('é'.repeat(128), end),
      'a marker with NUL': () => store.claim(`${marker}\0`, end),
      'an end that is no whole number': () => store.claim(marker, end + 0.5),
      'no nonce': () => store.claim(marker, end, { nonce: '' }),
      'a nonce of 65 bytes': () => store.claim(marker, end, { nonce: 'n'.repeat(65) }),
    })
    await aborted({ claim: (options) => store.claim(marker, end, options) })
    equal(await store.claim(marker, end), true)
  })
}
