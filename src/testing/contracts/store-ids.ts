import type { AddCase } from './store-context.ts'
import { equal, sealed, unique } from './store-fixtures.ts'

const texts = [
  'a',
  'A',
  'a ',
  ' a',
  'á',
  'a\u0301',
  'ss',
  'ß',
  'i',
  'ı',
  '%',
  '_',
  '{a}',
  "'",
  '"',
  '\\',
  ':',
  'a:b',
  '*',
]

/** Which ids are one connection, and which are two. */
export function addIdCases(add: AddCase): void {
  add('owners that differ in case, accents, spaces or Unicode form are different owners', async (context) => {
    const { store, at, fill, provider } = context
    await fill(texts)
    for (const owner of texts) equal((await store.get(at(owner)))?.ownerId, owner)
    equal((await store.list({ provider, limit: 99 })).length, texts.length)
    equal((await store.list({ provider, limit: 99, ownerId: 'a' })).length, 1)
  })
  add('accounts that differ in case, accents, spaces or Unicode form are different accounts', async (context) => {
    const { store, at, record, create, provider } = context
    const accounts = ['', ...texts]
    await Promise.all(accounts.map((account) => create(record('owner', { account }))))
    for (const account of accounts) equal((await store.get(at('owner', account)))?.account, account)
    equal((await store.list({ provider, limit: 99, ownerId: 'owner' })).length, accounts.length)
  })
  add('two accounts of one owner are two connections', async ({ store, at, record, create, change }) => {
    const home = await create(record('a'))
    const work = await create(record('a', { account: 'work' }))
    equal(await store.get(at('a')), home, 'the account without a label')
    equal(await store.get(at('a', '')), home, 'the account with an empty label')
    equal(await store.get({ ...at('a'), account: undefined }), home, 'the account with an undefined label')
    equal(await store.get(at('a', 'work')), work)
    equal(await store.get(at('a', 'other')), undefined)
    const changed = await change(at('a', 'work'), { expiresAt: 5 })
    equal(changed.expiresAt, 5)
    equal(await store.get(at('a')), home, 'the other account after a write')
    equal(await store.compareAndSet(at('a'), home.revision, undefined), true)
    equal(await store.get(at('a')), undefined)
    equal(await store.get(at('a', 'work')), changed, 'the other account after a deletion')
  })
  add('where the owner ends and the account begins makes a difference', async ({ store, at, record, create }) => {
    const ids: [ownerId: string, account: string][] = [
      ['a', 'b'],
      ['ab', ''],
      ...[':', '/', '|', ',', ' ', '\u0001', '\u001f', '\\', '"'].flatMap((mark): [string, string][] => [
        [`a${mark}`, 'b'],
        ['a', `${mark}b`],
        [`a${mark}b`, ''],
      ]),
    ]
    const records = await Promise.all(ids.map(([ownerId, account]) => create(record(ownerId, { account }))))
    for (const [index, [ownerId, account]] of ids.entries())
      equal(await store.get(at(ownerId, account)), records[index], `${ownerId} and ${account}`)
  })
  add('the same owner of two providers has two connections', async (context) => {
    const { store, at, record, create, provider } = context
    await create(record('a'))
    const elsewhere = { provider: `${provider}2`, ownerId: 'a' }
    equal(await store.get(elsewhere), undefined)
    await create({ ...record('a'), ...elsewhere })
    equal((await store.list({ provider, limit: 9 })).length, 1)
    equal((await store.due({ provider, limit: 9, at: 1e15 })).length, 1)
    equal(await store.count({ provider, by: 'status' }), { connected: 1 })
    equal((await store.list({ provider: `${provider}2`, limit: 9, keyIdNot: 'other' })).length, 1)
    const owner = await create(record('b:c'))
    const longer = { provider: `${provider}:b`, ownerId: 'c' }
    equal(await store.get(longer), undefined, 'a provider that ends where another owner begins')
    await create({ ...record('c'), ...longer })
    equal(await store.get(at('b:c')), owner)
  })
  add('the longest ids and filter values differ in their last byte', async (context) => {
    const { store, provider: short, record, create } = context
    const provider = short.padEnd(64, 'x')
    const owner = 'é'.repeat(127)
    const account = '\u{1f3a7}'.repeat(15)
    const name = `${unique()}${'n'.repeat(238)}`
    const key = 'k'.repeat(511)
    const fields = (last: string) => ({
      ...{ provider, account: `${account}abc${last}`, app: `${name}${last}`, accountId: `${name}${last}` },
      ...{ accessToken: sealed(`${key}${last}`), refreshToken: undefined },
    })
    const first = await create(record(`${owner}1`, fields('1')))
    const second = await create(record(`${owner}2`, fields('2')))
    equal(await store.get(first), first)
    equal(await store.get(second), second)
    const { app, accountId, ownerId } = first
    for (const filter of [{ app }, { accountId }, { ownerId }, { keyIdNot: `${key}2` }])
      equal(await store.list({ provider, limit: 9, ...filter }), [first], Object.keys(filter).join())
    equal(await store.list({ provider, limit: 9, after: first }), [second])
  })
}
