/** The SQL databases that the stores support. */
export type SqlDialect = 'postgres' | 'mysql' | 'sqlite'

/** Converts the `?` placeholders of a statement: PostgreSQL numbers its parameters. */
export function placeholders(sql: string, dialect: SqlDialect): string {
  if (dialect !== 'postgres') return sql
  let count = 0
  return sql.replaceAll('?', () => `$${++count}`)
}

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

/** The versions of the schema, oldest first: each a list of statements that can safely run again. */
export function migrations(dialect: SqlDialect, prefix: string): readonly (readonly string[])[] {
  const { key, text, time, end } = types[dialect]
  const connections = `${prefix}connections`
  const claims = `${prefix}claims`
  const indexes: [name: string, table: string, columns: string][] = [
    ['due', connections, 'provider, next_check_at, owner_id'],
    ['status', connections, 'provider, status, owner_id'],
    ['access_key', connections, 'provider, access_key_id, owner_id'],
    ['refresh_key', connections, 'provider, refresh_key_id, owner_id'],
    ['claims_end', claims, 'expires_at'],
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
        revision ${key(64)} not null,
        account_id ${key(255)},
        account_name ${text},
        scopes ${text} not null,
        access_token ${text} not null,
        access_key_id ${key(512)} not null,
        refresh_token ${text},
        refresh_key_id ${key(512)},
        expires_at ${time} not null,
        authorized_at ${time} not null,
        refreshed_at ${time},
        status ${key(16)} not null,
        lease_owner ${key(255)},
        lease_until ${time},
        failure_code ${key(64)},
        failure_at ${time},
        failure_attempts ${time},
        next_check_at ${time} not null,
        created_at ${time} not null,
        updated_at ${time} not null,
        primary key (provider, owner_id)${inline(connections)}
      )${end}`,
      `create table if not exists ${claims} (
        marker ${key(255)} not null primary key,
        expires_at ${time} not null${inline(claims)}
      )${end}`,
      ...separate,
    ],
  ]
}

/** The statement that creates the table with the schema version of the database. */
export function versionTable(prefix: string): string {
  return `create table if not exists ${prefix}schema (version integer not null primary key)`
}
