import { describe } from 'vitest'
import { keyed, type Mutant, testMutants } from './support/mutants.ts'

const loose = (value: string): string => value.toLowerCase().trimEnd()
const cut = (value: string, bytes: number): string => Buffer.from(value).subarray(0, bytes).toString()
const normal = (value: string): string => value.normalize('NFC')

const mutants: readonly Mutant[] = [
  [
    'compares owners as a case-insensitive, padded column does',
    'owners that differ in case, accents, spaces or Unicode form are different owners',
    keyed((id) => ({ ...id, ownerId: loose(id.ownerId) })),
  ],
  [
    'normalizes owners',
    'owners that differ in case, accents, spaces or Unicode form are different owners',
    keyed((id) => ({ ...id, ownerId: normal(id.ownerId) })),
  ],
  [
    'compares accounts as a case-insensitive, padded column does',
    'accounts that differ in case, accents, spaces or Unicode form are different accounts',
    keyed((id) => ({ ...id, account: loose(id.account) })),
  ],
  [
    'normalizes accounts',
    'accounts that differ in case, accents, spaces or Unicode form are different accounts',
    keyed((id) => ({ ...id, account: normal(id.account) })),
  ],
  ['ignores accounts', 'two accounts of one owner are two connections', keyed((id) => ({ ...id, account: '' }))],
  [
    'knows no account without a label',
    'two accounts of one owner are two connections',
    (store) => ({ get: async (id) => (id.account === undefined ? undefined : store.get(id)) }),
  ],
  [
    'writes owner and account one after the other',
    'where the owner ends and the account begins makes a difference',
    keyed(({ account, ...id }) => ({ ...id, ownerId: `${id.ownerId}${account}` })),
  ],
  [
    'separates owner and account with a character that both may have',
    'where the owner ends and the account begins makes a difference',
    keyed(({ account, ...id }) => ({ ...id, ownerId: `${id.ownerId}\u001f${account}` })),
  ],
  [
    'forgets that connections have a provider',
    'the same owner of two providers has two connections',
    (store) => ({ get: (id) => store.get({ ...id, provider: id.provider.slice(0, 25) }) }),
  ],
  [
    'writes provider and owner with a character between that both may have',
    'where the provider ends and the owner begins makes a difference',
    keyed(({ provider, ownerId, account }) => ({ provider: 'p', ownerId: `${provider}:${ownerId}`, account })),
  ],
  [
    'cuts long owners',
    'the longest ids and filter values differ in their last byte',
    keyed((id) => ({ ...id, ownerId: cut(id.ownerId, 250) })),
  ],
  [
    'cuts long accounts',
    'the longest ids and filter values differ in their last byte',
    keyed((id) => ({ ...id, account: cut(id.account, 60) })),
  ],
  [
    'cuts long values of filters',
    'the longest ids and filter values differ in their last byte',
    (store) => ({
      list: (query) => store.list({ ...query, ...(query.app === undefined ? {} : { app: cut(query.app, 250) }) }),
    }),
  ],
]

describe('the contract of ids', () => testMutants(mutants))
