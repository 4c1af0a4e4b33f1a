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
  add('where the provider ends and the owner begins makes a difference', async (context) => {
    const { store, at, record, create, provider } = context
    const ids = [':', '/', '\u001f'].flatMap((mark) => [
      { provider, ownerId: `b${mark}c` },
      { provider: `${provider}${mark}b`, ownerId: 'c' },
    ])
    const records = await Promise.all(ids.map((id) => create({ ...record(id.ownerId), ...id })))
    for (const [index, id] of ids.entries()) equal(await store.get(id), records[index], JSON.stringify(id))
    equal(await store.get(at('c')), undefined)
  })
  add('the same owner of two providers has two connections', async (context) => {
    const { store, record, create, provider } = context
    await create(record('a'))
    const elsewhere = { provider: `${provider}2`, ownerId: 'a' }
    equal(await store.get(elsewhere), undefined)
    await create({ ...record('a'), ...elsewhere })
    equal((await store.list({ provider, limit: 9 })).length, 1)
    equal((await store.due({ provider, limit: 9, at: 1e15 })).length, 1)
    equal(await store.count({ provider, by: 'status' }), { connected: 1 })
    equal((await store.list({ provider: `${provider}2`, limit: 9, keyIdNot: 'other' })).length, 1)
  })
  add('the longest ids and filter values differ in their last byte', async (context) => {
    const { store, provider: short, record, create } = context
    const provider = short.padEnd(64, 'x')
    const owner = 'é'.repeat(127)
    const account = '\u{1f3a7}'.repeat(15)
    const name = `${unique()}${'n'.repeat(238)}`
    const key = 'k'.repeat(511)
    const records = [0, 1, 2, 3].map((last) =>
      record(`${owner}${last % 2}`, {
        ...{ provider, account: `${account}abc${last >> 1}`, app: `${name}${last}`, accountId: `${name}${last}` },
        ...{ accessToken: sealed(`${key}${last >> 1}`), refreshToken: undefined },
      }),
    )
    for (const created of records) await create(created)
    for (const created of records) equal(await store.get(created), created)
    const [first, second, third, fourth] = records
    for (const [field, filter] of Object.entries({
      app: { app: first?.app },
      accountId: { accountId: first?.accountId },
    }))
      equal(await store.list({ provider, limit: 9, ...filter }), [first], field)
    equal(await store.list({ provider, limit: 9, ownerId: `${owner}0` }), [first, third], 'ownerId')
    equal(await store.list({ provider, limit: 9, keyIdNot: `${key}0` }), [third, fourth], 'keyIdNot')
    equal(await store.list({ provider, limit: 9, after: third }), [second, fourth], 'after')
  })
}
