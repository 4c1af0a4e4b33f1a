import { goodConfig, goodEnv } from './command-line.ts'

/** A mistake in a configuration, and the one line that has to report it. */
export interface BrokenConfiguration {
  readonly name: string
  /** A package that the configuration imports. */
  readonly needs?: 'kysely'
  readonly env?: Readonly<Record<string, string | undefined>>
  /** `undefined`: no configuration file. `KMS_URL` is replaced by the URL of a fake key service. */
  readonly config?: string | undefined
  /** The check that reports it. */
  readonly check: string
  readonly code: string
  /** What its message and action contain. */
  readonly text: RegExp
}

const transit = (url: string) => `
import { createVault } from 'stagedoor/vault'
import { vaultTransitKms } from 'stagedoor/kms/vault-transit'
import { sqliteStore } from 'stagedoor/stores/sqlite'
export const kms = vaultTransitKms({ url: '${url}', token: 'a-token-of-the-key-service', keyName: 'tokens' })
export const vault = createVault({ kms, timeout: 500 })
export const store = sqliteStore('stagedoor.db')
`

export const brokenConfigurations: readonly BrokenConfiguration[] = [
  {
    name: 'no configuration file',
    config: undefined,
    check: 'config file',
    code: 'CONFIG_FILE',
    text: /Write one that exports store and vault/,
  },
  {
    name: 'a configuration file that does not parse',
    config: 'export const store = ',
    check: 'config file',
    code: 'CONFIG_FILE',
    text: /does not load: SyntaxError.*Correct the file/,
  },
  {
    name: 'a configuration file that exports something else',
    config: 'export const shop = {}',
    check: 'config file',
    code: 'CONFIG_FILE',
    text: /neither store nor vault/,
  },
  {
    name: 'no client id',
    env: { SPOTIFY_CLIENT_ID: undefined },
    config: goodConfig,
    check: 'client id',
    code: 'CONFIG_MISSING',
    text: /SPOTIFY_CLIENT_ID is not set.*dashboard/,
  },
  {
    name: 'localhost as redirect URI',
    env: { SPOTIFY_REDIRECT_URI: 'http://localhost:3000/callback' },
    config: goodConfig,
    check: 'redirect uri',
    code: 'CONFIG_REDIRECT_URI',
    text: /localhost.*127\.0\.0\.1/,
  },
  {
    name: 'plain http as redirect URI',
    env: { SPOTIFY_REDIRECT_URI: 'http://app.example/callback' },
    config: goodConfig,
    check: 'redirect uri',
    code: 'CONFIG_REDIRECT_URI',
    text: /must use https/,
  },
  {
    name: 'a login key of the wrong length',
    env: { STAGEDOOR_LOGIN_KEYS: 'c2hvcnQ' },
    config: goodConfig,
    check: 'login keys',
    code: 'CONFIG_LOGIN_KEY',
    text: /32 bytes.*keygen/,
  },
  {
    name: 'a vault key that is a login key too',
    env: { STAGEDOOR_VAULT_KEY: goodEnv.STAGEDOOR_LOGIN_KEYS },
    config: goodConfig,
    check: 'keys',
    code: 'CONFIG_VAULT_KEY',
    text: /also a login key.*keygen --only login/,
  },
  {
    name: 'no vault key',
    env: { STAGEDOOR_VAULT_KEY: undefined },
    config: goodConfig,
    check: 'config file',
    code: 'CONFIG_VAULT_KEY',
    text: /32 random bytes.*keygen/,
  },
  {
    name: 'an unknown application mode',
    env: { SPOTIFY_APP_MODE: 'production' },
    config: goodConfig,
    check: 'app mode',
    code: 'CONFIG_INVALID',
    text: /neither development nor extended/,
  },
  {
    name: 'a lease shorter than a refresh',
    config: `${goodConfig}export const refresh = { timeout: 10_000, lease: 5_000 }\n`,
    check: 'options',
    code: 'CONFIG_LEASE',
    text: /refresh\.lease must exceed refresh\.timeout/,
  },
  {
    name: 'an endpoint over plain http',
    config: `${goodConfig}export const endpoints = { token: 'http://tokens.example/api/token' }\n`,
    check: 'options',
    code: 'CONFIG_ENDPOINT',
    text: /https, or http on a loopback address/,
  },
  {
    name: 'a database in a folder that does not exist',
    config: goodConfig.replace('stagedoor.db', 'no/such/folder/stagedoor.db'),
    check: 'config file',
    code: 'STORE_UNAVAILABLE',
    text: /Check that it runs/,
  },
  {
    name: 'tables that were never created',
    needs: 'kysely',
    config: `
import { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'KYSELY'
import { createVault, localKms } from 'stagedoor/vault'
import { sqlStore } from 'stagedoor/stores/sql'

const file = new DatabaseSync(':memory:')
const database = {
  close: () => file.close(),
  prepare(sql) {
    const statement = file.prepare(sql)
    return {
      reader: statement.columns().length > 0,
      all: (parameters) => statement.all(...parameters),
      run: (parameters) => statement.run(...parameters),
    }
  },
}
export const vault = createVault({ kms: localKms({ keyId: 'main', key: process.env.STAGEDOOR_VAULT_KEY }) })
export const store = sqlStore({ db: new Kysely({ dialect: new SqliteDialect({ database }) }) })
`,
    check: 'store',
    code: 'STORE_NOT_MIGRATED',
    text: /stagedoor migrate/,
  },
  {
    name: 'a key service that refuses',
    config: transit('KMS_URL'),
    check: 'kms',
    code: 'VAULT_KMS_DENIED',
    text: /permissions/,
  },
  {
    name: 'a key service that cannot be reached',
    config: transit('http://127.0.0.1:9'),
    check: 'kms',
    code: 'VAULT_KMS_UNAVAILABLE',
    text: /can be reached from here/,
  },
]
