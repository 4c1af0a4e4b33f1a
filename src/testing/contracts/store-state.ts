import type { TokenStore } from '../../stores/store.ts'
import type { StoreContractSubject } from './store.ts'
import type { AddCase, StoreContext } from './store-context.ts'
import { aborted, equal, refused, unique } from './store-fixtures.ts'

type SharedState = NonNullable<TokenStore['state']>
interface StateContext {
  readonly state: SharedState
  readonly other: SharedState
  readonly key: string
}

const bytesOf = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes)
const listed = (bytes: Uint8Array | undefined): number[] | undefined => bytes && Array.from(bytes)
const days = 86_400_000
/** Far beyond what the cases advance a clock by. */
const later = (): number => Date.now() + 36_500 * days

/** State that processes share. */
export function addStateCases(add: AddCase, { advance }: StoreContractSubject): void {
  const addCase = (name: string, run: (context: StateContext) => Promise<void>) =>
    add(name, (context) => run(stateContext(context)))

  addCase('state is undefined until it is created', async ({ state, key }) => {
    equal(await state.load(key), undefined)
    equal(await state.compareAndSet(key, unique(), bytesOf(1), later()), undefined, 'a write that expects state')
    equal(await state.load(key), undefined)
  })
  addCase('state is replaced only with its revision, and every write gives a new one', async (context) => {
    const { state, other, key } = context
    const first = await state.compareAndSet(key, undefined, bytesOf(1), later())
    await isStored(state, key, first, [1])
    equal(await state.compareAndSet(key, undefined, bytesOf(2), later()), undefined, 'a second creation')
    equal(await other.compareAndSet(key, unique(), bytesOf(2), later()), undefined, 'another revision')
    await isStored(other, key, first, [1])
    const second = await other.compareAndSet(key, first, bytesOf(1), later())
    await isStored(state, key, second, [1])
    equal(first === second, false, 'the same revision for two writes')
    equal(await state.compareAndSet(key, first, bytesOf(3), later()), undefined, 'the revision from before')
    await isStored(state, key, second, [1])
  })
  addCase('one of many writers of the same state at once succeeds', async ({ state, other, key }) => {
    let expected: string | undefined
    for (const round of [1, 2]) {
      const attempts = Array.from({ length: 24 }, (_, index) =>
        (index % 2 ? state : other).compareAndSet(key, expected, bytesOf(round, index), later()),
      )
      const revisions = await Promise.all(attempts)
      equal(revisions.filter((revision) => revision !== undefined).length, 1, 'successful writes')
      const winner = revisions.findIndex((revision) => revision !== undefined)
      expected = revisions[winner]
      await isStored(other, key, expected, [round, winner])
    }
  })
  addCase('every byte, 64 KiB and no bytes at all are stored unchanged', async ({ state, key }) => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index)
    const first = await state.compareAndSet(key, undefined, all, later())
    await isStored(state, key, first, Array.from(all))
    const big = Uint8Array.from({ length: 65_536 }, (_, index) => (index * 31) % 251)
    const second = await state.compareAndSet(key, first, big, later())
    await isStored(state, key, second, Array.from(big))
    const third = await state.compareAndSet(key, second, bytesOf(), later())
    await isStored(state, key, third, [])
    const part = new Uint8Array(Uint8Array.from([9, 1, 2, 9]).buffer, 1, 2)
    await isStored(state, key, await state.compareAndSet(key, third, part, later()), [1, 2])
  })
  addCase('state does not change with the bytes that were written or read', async ({ state, key }) => {
    const written = bytesOf(1, 2)
    const revision = await state.compareAndSet(key, undefined, written, later())
    written.fill(9)
    await isStored(state, key, revision, [1, 2])
    const read = await state.load(key)
    read?.bytes.fill(9)
    await isStored(state, key, revision, [1, 2])
  })
  addCase('keys that differ in case, accents or spaces are different keys', async ({ state, key }) => {
    const forms = ['a', 'A', 'a ', ' a', 'á', 'a\u0301', '%', "'", '\\', ':', '*'].map((form) => `${key}${form}`)
    forms.push(`${key}${'é'.repeat(119)}1`, `${key}${'é'.repeat(119)}2`)
    const revisions = await Promise.all(
      forms.map((form, index) => state.compareAndSet(form, undefined, bytesOf(index), later())),
    )
    for (const [index, form] of forms.entries()) await isStored(state, form, revisions[index], [index])
  })
  if (advance !== undefined)
    addCase('expired state is gone and can be created again', async ({ state, other, key }) => {
      // Other cases may have advanced the clock of the store by some hours.
      const first = await state.compareAndSet(key, undefined, bytesOf(1), Date.now() + 10 * days)
      const lasting = await state.compareAndSet(`${key}-2`, undefined, bytesOf(2), later())
      await isStored(state, key, first, [1])
      advance(10 * days + 1)
      equal(await state.load(key), undefined)
      equal(await other.compareAndSet(key, first, bytesOf(2), later()), undefined, 'the revision of expired state')
      const again = await state.compareAndSet(key, undefined, bytesOf(3), later())
      await isStored(other, key, again, [3])
      await isStored(other, `${key}-2`, lasting, [2])
    })
  addCase('state refuses bad arguments and aborted signals, and writes nothing then', async ({ state, key }) => {
    const bytes = bytesOf(1)
    const set = (badKey: string, value: unknown = bytes, end = later()) =>
      // The compiler would reject what the store must reject when it runs.
      state.compareAndSet(badKey, undefined, value as Uint8Array, end)
    const keys = { 'no key': '', 'a key of 256 bytes': 'é'.repeat(128), NUL: `${key}\0`, surrogate: `${key}\ud800` }
    for (const [what, badKey] of Object.entries(keys))
      await refused({ [`load: ${what}`]: () => state.load(badKey), [`compareAndSet: ${what}`]: () => set(badKey) })
    await refused({
      'more than 64 KiB': () => set(key, new Uint8Array(65_537)),
      'a text': () => set(key, 'text'),
      'an array': () => set(key, [1]),
      'half a millisecond': () => set(key, bytes, 0.5),
      'no end': () => set(key, bytes, Number.POSITIVE_INFINITY),
    })
    await aborted({
      load: (options) => state.load(key, options),
      compareAndSet: (options) => state.compareAndSet(key, undefined, bytes, later(), options),
    })
    equal(await state.load(key), undefined)
  })
}

function stateContext({ store, other }: StoreContext): StateContext {
  if (store.state === undefined) throw new Error('expected a store with state')
  return { state: store.state, other: other.state ?? store.state, key: unique() }
}

async function isStored(state: SharedState, key: string, revision: string | undefined, bytes: number[]): Promise<void> {
  equal(typeof revision, 'string', 'the type of the new revision')
  const entry = await state.load(key)
  equal(entry?.revision, revision, 'the revision that load gives')
  equal(listed(entry?.bytes), bytes, 'the bytes')
}
