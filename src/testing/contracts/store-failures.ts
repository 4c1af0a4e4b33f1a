import type { StoredConnection } from '../../stores/store.ts'
import type { StoreContractSubject } from './store.ts'
import type { AddCase } from './store-context.ts'
import { equal, range, rejectionOf, unique } from './store-fixtures.ts'

/** Markers, corrupt connections, aborts and invalid arguments. */
export function addFailureCases(add: AddCase, { advance, corrupt }: StoreContractSubject): void {
  if (advance !== undefined) {
    add('an expired marker can be claimed again', async ({ store }) => {
      const marker = unique()
      equal(await store.claim(marker, Date.now() + 600_000), true)
      advance(600_001)
      equal(await store.claim(marker, Date.now() + 1_800_000), true)
      equal(await store.claim(marker, Date.now() + 1_800_000), false)
    })
  }
  if (corrupt !== undefined) {
    add('a corrupt connection is STORE_CORRUPT and does not affect other connections', async (context) => {
      await context.fill(range(12), (index) => ({ nextCheckAt: index }))
      const valid = range(12).filter((_, index) => index > 4 && index !== 8)
      for (const owner of range(12)) if (!valid.includes(owner)) await corrupt(context.at(owner))
      const error = await rejectionOf(context.store.get(context.at(range(12)[0] ?? '')))
      equal([error.name, error.code, error.retryable], ['StoreError', 'STORE_CORRUPT', false])
      for (const limit of [1, 3, 100]) {
        equal(await context.pages({}, limit), valid)
        equal(await context.pages({ status: 'connected' }, limit), valid)
        equal(await context.pages({ keyIdNot: 'other' }, limit), valid)
        equal(await context.due(1e15, limit), valid.slice(0, limit))
      }
      for (const owner of valid) equal((await context.store.get(context.at(owner)))?.ownerId, owner)
    })
    add('a corrupt connection can be replaced with the revision of its error', async ({ store, at, record }) => {
      await store.compareAndSet(at('a'), undefined, record('a'))
      await corrupt(at('a'))
      const { revision } = await rejectionOf(store.get(at('a')))
      const fresh = record('a')
      equal(await store.compareAndSet(at('a'), revision, fresh), true)
      equal(await store.get(at('a')), fresh)
    })
  }
  add('changes to a returned record do not change the stored one', async ({ store, at, record }) => {
    const first = record('a')
    await store.compareAndSet(at('a'), undefined, first)
    const read = (await store.get(at('a'))) as { scopes: string[]; accessToken: { keyId: string } } | undefined
    try {
      if (read) read.accessToken.keyId = 'changed'
      read?.scopes.push('changed')
    } catch {}
    equal(await store.get(at('a')), first)
  })
  add('a marker is claimed once', async ({ store, other }) => {
    const marker = unique()
    const until = Date.now() + 600_000
    const claims = await Promise.all(Array.from({ length: 24 }, (_, n) => (n % 2 ? store : other).claim(marker, until)))
    equal(claims.filter(Boolean).length, 1, 'successful claims')
    equal(await other.claim(marker, until), false)
    equal(await store.claim(unique(), until), true, 'another marker')
  })
  add('a marker with an end in the past is claimed once too', async ({ store }) => {
    const marker = unique()
    equal(await store.claim(marker, 1_000_000), true)
    equal(await store.claim(marker, 1_000_000), false)
  })
  add(
    'a call with an aborted signal rejects with its reason and does nothing',
    async ({ store, at, record, provider }) => {
      const options = { signal: AbortSignal.abort('the reason') }
      const marker = unique()
      for (const call of [
        () => store.get(at('a'), options),
        () => store.compareAndSet(at('a'), undefined, record('a'), options),
        () => store.list({ provider, limit: 1 }, options),
        () => store.due({ provider, limit: 1, at: 1 }, options),
        () => store.claim(marker, Date.now() + 60_000, options),
      ])
        equal(
          await call().then(
            () => 'done',
            (reason: unknown) => reason,
          ),
          'the reason',
        )
      equal(await store.get(at('a')), undefined)
      equal(await store.claim(marker, Date.now() + 60_000), true)
    },
  )
  add('a record that could not be read back is rejected with a TypeError', async ({ store, at, record, provider }) => {
    // The compiler would reject what the store must reject when it runs.
    const plain = { accessToken: 'plaintext' as unknown as StoredConnection['accessToken'] }
    const first = record('a')
    for (const call of [
      () => store.get(at('')),
      () => store.get(at('a\0')),
      () => store.get(at('\ud800')),
      () => store.get(at('é'.repeat(128))),
      () => store.get({ provider: '', ownerId: 'a' }),
      () => store.list({ provider, limit: 0 }),
      () => store.list({ provider, limit: 1.5 }),
      () => store.due({ provider, limit: -1, at: 1 }),
      () => store.claim('', 1),
      () => store.compareAndSet(at('a'), undefined, record('b')),
      () => store.compareAndSet(at('a'), undefined, record('a', plain)),
      () => store.compareAndSet(at('a'), undefined, record('a', { nextCheckAt: 1.5 })),
      () => store.compareAndSet(at('a'), undefined, record('a', { nextCheckAt: Number.POSITIVE_INFINITY })),
      () => store.compareAndSet(at('a'), first.revision, first),
    ]) {
      const error = await rejectionOf(call())
      equal([error.name, error.code], ['TypeError', 'INVALID_ARGUMENT'])
    }
    equal((await store.list({ provider, limit: 9 })).length, 0)
  })
}
