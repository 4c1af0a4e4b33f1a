import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'

/** The SQLite database of a Durable Object, `ctx.storage.sql`. */
export interface ObjectSql {
  exec(query: string, ...bindings: unknown[]): { toArray(): Record<string, unknown>[] }
}

/**
 * Kysely on the SQLite database of a Durable Object. The object runs one piece of JavaScript at a time and refuses
 * `begin` and `commit`; it is only used for single statements, and for a migration that may be repeated.
 */
export function objectDialect(sql: ObjectSql): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new ObjectDriver(sql),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

const transactions = /^(begin|commit|rollback)\b/i

class ObjectDriver implements Driver {
  readonly #connection: DatabaseConnection

  constructor(sql: ObjectSql) {
    this.#connection = {
      async executeQuery<Row>({ sql: text, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
        if (transactions.test(text)) return { rows: [], numAffectedRows: 0n }
        const rows = sql.exec(text, ...parameters).toArray() as Row[]
        const [changes] = sql.exec('select changes() as count').toArray()
        return { rows, numAffectedRows: BigInt(Number(changes?.count ?? 0)) }
      },
      async *streamQuery() {
        yield* []
        throw new Error('This dialect does not stream.')
      },
    }
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }
  async beginTransaction(): Promise<void> {}
  async commitTransaction(): Promise<void> {}
  async rollbackTransaction(): Promise<void> {}
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}
