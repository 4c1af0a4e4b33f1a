import { DatabaseSync } from 'node:sqlite'
import session from 'express-session'

declare module 'express-session' {
  interface SessionData {
    /** Who is signed in to this demo. A real application puts its own user id here after its own login. */
    userId: string
  }
}

/** Sessions of the demo in a SQLite file, so that a restart signs no user out. */
export class SqliteSessions extends session.Store {
  readonly #db: DatabaseSync

  constructor(path: string) {
    super()
    this.#db = new DatabaseSync(path)
    this.#db.exec(
      'PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, data TEXT NOT NULL)',
    )
  }

  override get(id: string, done: (error: unknown, data?: session.SessionData | null) => void): void {
    const row = this.#db.prepare('SELECT data FROM sessions WHERE id = ?').get(id)
    done(null, typeof row?.data === 'string' ? (JSON.parse(row.data) as session.SessionData) : null)
  }

  override set(id: string, data: session.SessionData, done?: (error?: unknown) => void): void {
    this.#db
      .prepare('INSERT INTO sessions (id, data) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data')
      .run(id, JSON.stringify(data))
    done?.()
  }

  override destroy(id: string, done?: (error?: unknown) => void): void {
    this.#db.prepare('DELETE FROM sessions WHERE id = ?').run(id)
    done?.()
  }

  close(): void {
    this.#db.close()
  }
}
