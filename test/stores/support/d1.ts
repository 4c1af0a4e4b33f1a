import { DatabaseSync } from 'node:sqlite'
import {
  type CompiledQuery,
  type DatabaseConnection,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'

/** The part of a D1 binding that a dialect uses. */
export interface D1 {
  prepare(sql: string): {
    bind(...parameters: unknown[]): { all(): Promise<{ results: unknown[]; meta: { changes: number } }> }
  }
}

/** Kysely on D1 as the dialects for it do: no transactions, and no count where nothing has changed. */
export function d1Kysely(database: D1): Kysely<unknown> {
  const refuse = async (): Promise<never> => {
    throw new Error('Transactions are not supported.')
  }
  const connection: DatabaseConnection = {
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      const { results, meta } = await database
        .prepare(sql)
        .bind(...parameters)
        .all()
      const rows = results as R[]
      return meta.changes > 0 ? { rows, numAffectedRows: BigInt(meta.changes) } : { rows }
    },
    streamQuery: () => {
      throw new Error('D1 does not stream.')
    },
  }
  return new Kysely<unknown>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createQueryCompiler: () => new SqliteQueryCompiler(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createDriver: () => ({
        init: async () => {},
        acquireConnection: async () => connection,
        releaseConnection: async () => {},
        destroy: async () => {},
        beginTransaction: refuse,
        commitTransaction: refuse,
        rollbackTransaction: refuse,
      }),
    },
  })
}

/** `node:sqlite` behind the interface of D1, with its limits: no transactions, and a hundred parameters. */
export function likeD1(): D1 {
  const db = new DatabaseSync(':memory:')
  return {
    prepare: (sql) => ({
      bind: (...parameters) => ({
        async all() {
          if (/^(begin|commit|rollback|savepoint)/i.test(sql)) throw new Error('D1_ERROR: use the batch API instead')
          if (parameters.length > 100) throw new Error('D1_ERROR: too many SQL variables: SQLITE_ERROR')
          const results = db.prepare(sql).all(...(parameters as (string | number | null)[]))
          const [row] = db.prepare('select changes() as changes').all()
          return { results, meta: { changes: /^select/i.test(sql) ? 0 : Number(row?.changes) } }
        },
      }),
    }),
  }
}
