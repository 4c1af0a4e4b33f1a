import { DatabaseSync } from 'node:sqlite'
import mysql from 'mysql2/promise'
import pg from 'pg'
import type { EncryptedToken, StoredConnection, TokenStore } from '../../dist/index.js'
import type { StoreName } from './databases.ts'

const seed = 1000

/** A connection whose tokens have a realistic length but cannot be decrypted. */
export function record(index: number, changes: Partial<StoredConnection> = {}): StoredConnection {
  const at = 1_790_000_000_000
  const token: EncryptedToken = {
    version: 1,
    keyId: 'bench',
    dataKeyId: Buffer.alloc(24, index).toString('base64url'),
    encryptedKey: Buffer.alloc(60, index).toString('base64url'),
    nonce: Buffer.alloc(12, index).toString('base64url'),
    encryptedData: Buffer.alloc(300, index).toString('base64url'),
  }
  return {
    provider: 'spotify',
    ownerId: ownerOf(index),
    account: '',
    app: `app-${index % 4}`,
    revision: `revision-${index}`,
    accountId: `account-${index}`,
    scopes: ['user-library-read', 'playlist-read-private'],
    accessToken: token,
    refreshToken: token,
    expiresAt: at,
    authorizedAt: at,
    grantEndsAt: at + (index % 180) * 86_400_000,
    status: index % 5 === 0 ? 'needs_reauth' : 'connected',
    checkAt: at + index,
    nextCheckAt: at + index,
    createdAt: at,
    updatedAt: at,
    ...changes,
  }
}

export function ownerOf(index: number): string {
  return `owner-${String(index).padStart(9, '0')}`
}

/** Fills a store: the first thousand through its own interface, the rest, in SQL, by copying them inside the database. */
export async function fill(
  name: StoreName,
  store: TokenStore,
  path: string,
  prefix: string,
  size: number,
  changes: Partial<StoredConnection> = {},
): Promise<void> {
  const direct = name === 'memory' || name === 'Redis' ? size : Math.min(seed, size)
  for (let from = 0; from < direct; from += 200) {
    const batch = Array.from({ length: Math.min(200, direct - from) }, (_, index) => record(from + index, changes))
    await Promise.all(batch.map((each) => store.compareAndSet(each, undefined, each)))
  }
  if (direct === size) return
  const copies = size / seed - 1
  const table = `${name === 'SQLite' ? 'stagedoor_' : prefix}connections`
  const columns = await columnsOf(name, path, table)
  const chunk = 50
  for (let from = 1; from <= copies; from += chunk) {
    const until = Math.min(copies, from + chunk - 1)
    const select = columns.map((column) =>
      column === 'owner_id'
        ? shiftedOwnerId(name)
        : column === 'next_check_at'
          ? `next_check_at + n * ${seed}`
          : column === 'account_id'
            ? copiedAccountId(name)
            : column,
    )
    const numbers = `(with recursive c(n) as (select ${from} union all select n + 1 from c where n < ${until}) select n from c) numbers`
    const statement = `insert into ${table} (${columns.join(', ')}) select ${select.join(', ')} from ${table} cross join ${numbers} where owner_id < '${ownerOf(seed)}'`
    await execute(name, path, statement)
  }
  await execute(
    name,
    path,
    name === 'MariaDB' ? `analyze table ${table}` : name === 'SQLite' ? 'analyze' : `analyze ${table}`,
  )
}

/** SQL for `owner-` and nine digits, increased by `seed` with every copy. */
function shiftedOwnerId(name: StoreName): string {
  const digits = `cast(substr(owner_id, 7) as ${name === 'MariaDB' ? 'signed' : 'bigint'}) + n * ${seed}`
  if (name === 'SQLite') return `'owner-' || printf('%09d', ${digits})`
  if (name === 'MariaDB') return `concat('owner-', lpad(${digits}, 9, '0'))`
  return `'owner-' || lpad((cast(substr(owner_id, 7) as bigint) + n * ${seed})::text, 9, '0')`
}

/** SQL for an account id that no other copy has. */
function copiedAccountId(name: StoreName): string {
  return name === 'MariaDB' ? "concat(account_id, '-', n)" : "account_id || '-' || n"
}

async function columnsOf(name: StoreName, path: string, table: string): Promise<string[]> {
  const [first] = await execute(name, path, `select * from ${table} limit 1`)
  return Object.keys(first ?? {})
}

async function execute(name: StoreName, path: string, statement: string): Promise<Record<string, unknown>[]> {
  if (name === 'SQLite') {
    const db = new DatabaseSync(path)
    const rows = db.prepare(statement).all() as Record<string, unknown>[]
    db.close()
    return rows
  }
  if (name === 'MariaDB') {
    const connection = await mysql.createConnection('mysql://root@127.0.0.1:3306/test')
    const [rows] = await connection.query(statement)
    await connection.end()
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : []
  }
  const client = new pg.Client('postgres://root@127.0.0.1:5432/test')
  await client.connect()
  const { rows } = await client.query(statement)
  await client.end()
  return rows
}
