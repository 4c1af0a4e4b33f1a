import type { SqlDialect } from './dialect.ts'

/** The versions of the schema, oldest first: each a list of statements that can safely run again. */
export type Migrations = (dialect: SqlDialect, prefix: string) => readonly (readonly string[])[]

/** Column types that compare text byte by byte, without case, padding or language, in every dialect. */
const types = {
  postgres: { key: (_: number) => 'text collate "C"', text: 'text', time: 'bigint', end: '' },
  mysql: {
    key: (bytes: number) => `varbinary(${bytes})`,
    text: 'mediumtext',
    time: 'bigint',
    end: ' engine=InnoDB character set utf8mb4',
  },
  sqlite: { key: (_: number) => 'text', text: 'text', time: 'integer', end: ' strict' },
} as const

/**
 * Leaves room in each page for the next version of all its rows, so that a write of leases alone touches no index. A
 * sweep leases neighbours at the same time, before their old versions can be cleared away.
 */
const fillfactor = ' with (fillfactor = 50)'

export const migrations: Migrations = (dialect, prefix) => {
  const { key, text, time, end } = types[dialect]
  const connections = `${prefix}connections`
  const claims = `${prefix}claims`
  const state = `${prefix}state`
  const place = 'owner_id, account'
  const indexes: [name: string, table: string, columns: string][] = [
    ['due', connections, `provider, next_check_at, ${place}`],
    ['status', connections, `provider, status, ${place}`],
    ['key', connections, `provider, key_id, ${place}`],
    ['app', connections, `provider, app, ${place}`],
    ['account_id', connections, `provider, account_id, ${place}`],
    ['grant_end', connections, `provider, grant_ends_at, ${place}`],
    ['claims_end', claims, 'expires_at'],
    ['state_end', state, 'expires_at'],
  ]
  // MySQL has no "create index if not exists": there the indexes are part of the table.
  const inline = (table: string): string =>
    dialect === 'mysql'
      ? indexes
          .filter((index) => index[1] === table)
          .map(([name, , columns]) => `, index ${prefix}${name} (${columns})`)
          .join('')
      : ''
  const separate =
    dialect === 'mysql'
      ? []
      : indexes.map(([name, table, columns]) => `create index if not exists ${prefix}${name} on ${table} (${columns})`)
  return [
    [
      `create table if not exists ${connections} (
        provider ${key(64)} not null,
        owner_id ${key(255)} not null,
        account ${key(64)} default '' not null,
        app ${key(255)} not null,
        revision ${key(64)} not null,
        account_id ${key(255)},
        account_name ${text},
        scopes ${text},
        access_token ${text},
        refresh_token ${text},
        key_id ${key(512)},
        expires_at ${time},
        authorized_at ${time},
        refreshed_at ${time},
        grant_ends_at ${time},
        status ${key(16)} not null,
        lease_owner ${key(255)},
        lease_id ${key(64)},
        lease_until ${time},
        delivery_owner ${key(255)},
        delivery_id ${key(64)},
        delivery_until ${time},
        reserved_until ${time},
        failure_code ${key(64)},
        failure_at ${time},
        failure_attempts ${time},
        failure_retry_at ${time},
        check_at ${time},
        warn_at ${time},
        deliver_at ${time},
        next_check_at ${time} not null,
        pending ${text},
        notified ${key(64)},
        created_at ${time} not null,
        updated_at ${time} not null,
        primary key (provider, ${place})${inline(connections)}
      )${dialect === 'postgres' ? fillfactor : end}`,
      `create table if not exists ${claims} (
        marker ${key(255)} not null primary key,
        nonce ${key(64)} not null,
        expires_at ${time} not null${inline(claims)}
      )${end}`,
      `create table if not exists ${state} (
        state_key ${key(255)} not null primary key,
        revision ${key(64)} not null,
        content ${text} not null,
        expires_at ${time} not null${inline(state)}
      )${end}`,
      ...separate,
    ],
  ]
}

/** The statement that creates the table with the schema version of the database. */
export function versionTable(prefix: string): string {
  return `create table if not exists ${prefix}schema (version integer not null primary key)`
}
