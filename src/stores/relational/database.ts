import { ConfigError } from '../../errors.ts'
import { jitter } from '../../internal/jitter.ts'
import type { CallOptions } from '../../internal/signal.ts'
import { abortable, sleep } from '../../internal/signal.ts'
import { closedError, driverFailure, storeError } from '../common/driver-error.ts'
import { clock, clockToSearch, type SqlDialect } from './dialect.ts'
import type { Parameter, Row } from './row.ts'
import { placeholders, raw, type Statement, sql } from './statement.ts'

/** Runs one statement. `changed` is how many rows it changed; only MySQL, whose writes return no rows, needs it. */
export type RunSql = (
  text: string,
  parameters: readonly Parameter[],
  signal?: AbortSignal | undefined,
) => Promise<{ readonly rows: readonly Row[]; readonly changed?: number | undefined }>

/** The driver that runs the statements of a relational store. */
export interface SqlDriver {
  readonly dialect: SqlDialect
  /** Runs a statement on its own. */
  run: RunSql
  /** Runs statements as one transaction that reads what others have committed meanwhile. Only MySQL needs it. */
  transaction?<T>(work: (run: RunSql) => Promise<T>): Promise<T>
  close?(): Promise<void>
}

/** A column of the rows that a write returns where a database can. */
type Returned = 'revision' | 'marker' | 'state_key'

/** The tables of a store, and how statements run on them: errors are those of the store, conflicts are repeated. */
export class RelationalDatabase {
  readonly dialect: SqlDialect
  readonly connections: Statement
  readonly claims: Statement
  readonly state: Statement
  readonly grantEndIndex: Statement
  readonly #driver: SqlDriver
  readonly #now: (() => number) | undefined
  #closed = false

  constructor(driver: SqlDriver, prefix: string, now: (() => number) | undefined) {
    this.dialect = driver.dialect
    this.connections = raw(`${prefix}connections`)
    this.claims = raw(`${prefix}claims`)
    this.state = raw(`${prefix}state`)
    this.grantEndIndex = raw(`${prefix}grant_end`)
    this.#driver = driver
    this.#now = now
  }

  /** The time in epoch milliseconds, as an expression. */
  clock(): Statement {
    return clock(this.dialect, this.#now)
  }

  /** The same, for the column of an index to be compared with. */
  clockToSearch(): Statement {
    return clockToSearch(this.dialect, this.#now)
  }

  async read(statement: Statement, call: CallOptions | undefined): Promise<readonly Row[]> {
    const { rows } = await this.#orStoreError(() => this.#runAlone(statement, call), call)
    return rows
  }

  /** Runs a write. Returns how many rows it changed. */
  async write(statement: Statement, column: Returned, call: CallOptions | undefined): Promise<number> {
    return this.#orStoreError(() => this.#count(statement, column, call), call)
  }

  /** Inserts a row; false if there is one with this key. */
  async insertNew(
    statement: Statement,
    key: string,
    column: Returned,
    call: CallOptions | undefined,
  ): Promise<boolean> {
    if (this.dialect !== 'mysql')
      return (await this.write(sql`${statement} on conflict (${raw(key)}) do nothing`, column, call)) === 1
    return this.#orStoreError(async () => {
      try {
        return (await this.#count(statement, column, call)) === 1
      } catch (error) {
        if (driverFailure(error) === 'duplicate') return false
        throw error
      }
    }, call)
  }

  /** Runs statements as one transaction. */
  async transaction<T>(
    work: (read: (statement: Statement) => Promise<readonly Row[]>) => Promise<T>,
    call: CallOptions | undefined,
  ): Promise<T> {
    const runAll = async (): Promise<T> => {
      if (this.#driver.transaction === undefined) throw unsupported('has no transactions.')
      const all = this.#driver.transaction((run) =>
        work(async ({ text, parameters }) => {
          call?.signal?.throwIfAborted()
          return (await run(text, parameters, call?.signal)).rows
        }),
      )
      return abortable(all, call?.signal)
    }
    return this.#orStoreError(() => this.#repeat(runAll, call), call)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#driver.close?.()
  }

  #runAlone({ text, parameters }: Statement, call: CallOptions | undefined): ReturnType<RunSql> {
    const driver = this.#driver
    const numbered = placeholders(text, this.dialect)
    return this.#repeat(() => abortable(driver.run(numbered, parameters, call?.signal), call?.signal), call)
  }

  /** By the rows that a write returns, because not every dialect of Kysely counts changes; MySQL returns none. */
  async #count(statement: Statement, column: Returned, call: CallOptions | undefined): Promise<number> {
    if (this.dialect !== 'mysql')
      return (await this.#runAlone(sql`${statement} returning ${raw(column)}`, call)).rows.length
    const { changed } = await this.#runAlone(statement, call)
    if (changed === undefined) throw unsupported('does not report how many rows a statement changed.')
    return changed
  }

  /** Runs work again that the database rolled back because of a conflict. */
  async #repeat<T>(work: () => Promise<T>, call: CallOptions | undefined): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      call?.signal?.throwIfAborted()
      if (this.#closed) throw closedError()
      try {
        return await work()
      } catch (error) {
        call?.signal?.throwIfAborted()
        if (driverFailure(error) !== 'conflict' || attempt === 10) throw error
        await sleep(jitter(10 * attempt), call?.signal)
      }
    }
  }

  async #orStoreError<T>(work: () => Promise<T>, call: CallOptions | undefined): Promise<T> {
    try {
      return await work()
    } catch (error) {
      call?.signal?.throwIfAborted()
      throw storeError(error)
    }
  }
}

function unsupported(what: string): ConfigError {
  return new ConfigError('CONFIG_UNSUPPORTED_CLIENT', `This Kysely dialect ${what}`)
}
