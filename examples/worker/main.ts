import { createApplication, type Fetch } from './application.ts'
import type { ObjectSql } from './dialect.ts'

interface Context {
  readonly storage: { readonly sql: ObjectSql }
  blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>
}

interface Environment {
  readonly SPOTIFY: { idFromName(name: string): unknown; get(id: unknown): { fetch: Fetch } }
}

/**
 * The whole application is in one Durable Object: one store, one limiter, refreshes that know of each other. Promises
 * may be shared between its requests, which a plain Worker does not allow.
 */
export class Spotify {
  readonly #application: Promise<Fetch>

  constructor(context: Context, env: Readonly<Record<string, string | undefined>>) {
    this.#application = context.blockConcurrencyWhile(() => createApplication(context.storage.sql, env))
  }

  async fetch(request: Request): Promise<Response> {
    return (await this.#application)(request)
  }
}

export default {
  fetch: (request: Request, { SPOTIFY }: Environment): Promise<Response> =>
    SPOTIFY.get(SPOTIFY.idFromName('application')).fetch(request),
}
