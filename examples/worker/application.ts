import { Kysely } from 'kysely'
import { createStagedoor, createVault, localKms, optionsFromEnv } from 'stagedoor'
import { sqlStore } from 'stagedoor/stores/sql'
import { home } from '../base/home.ts'
import { visitorOf } from '../base/visitor.ts'
import { type ObjectSql, objectDialect } from './dialect.ts'

export type Fetch = (request: Request) => Promise<Response>

export async function createApplication(
  sql: ObjectSql,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Fetch> {
  const { vaultKey, ...options } = optionsFromEnv(env)
  const store = sqlStore({ db: new Kysely({ dialect: objectDialect(sql) }) })
  await store.migrate()
  const vault = createVault({ kms: localKms({ keyId: 'main', key: vaultKey }) })
  const stagedoor = createStagedoor({ ...options, store, vault })
  const endpoints = stagedoor.handler<undefined>({ owner: ({ headers }) => visitorOf(headers.get('cookie')) })
  const secure = endpoints.origin.startsWith('https:')
  return (request) =>
    endpoints.serves(new URL(request.url))
      ? endpoints(request, undefined)
      : home(stagedoor, request.headers.get('cookie'), secure)
}
