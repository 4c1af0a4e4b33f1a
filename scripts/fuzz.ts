import { parseArgs } from 'node:util'
import fc, { type IAsyncProperty, type IProperty } from 'fast-check'
import { optionsFromEnv } from '../src/config.ts'
import { isStagedoorError } from '../src/errors.ts'
import { parseCookies } from '../src/internal/cookie.ts'
import { parseRetryAfter } from '../src/internal/retry-after.ts'
import { sameOrigin, sameOriginPath } from '../src/internal/same-origin.ts'
import { segment } from '../src/spotify/path.ts'
import { createSpotify } from '../src/spotify/spotify.ts'
import { idOf } from '../src/spotify/uri.ts'
import { createStagedoor } from '../src/stagedoor.ts'
import { invalidField } from '../src/stores/common/record.ts'
import { memoryStore } from '../src/stores/memory.ts'
import { fieldColumns, fromRow, keyColumns } from '../src/stores/relational/row.ts'
import { createFakeSpotify } from '../src/testing/fake-spotify.ts'
import { createVault, localKms } from '../src/vault/index.ts'

// Feeds every parser of external input with generated input, for minutes or until one fails.
//   npm run fuzz -- --minutes 30

type Property = IProperty<unknown> | IAsyncProperty<unknown>

const random = (): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(32))
const codeOf = (error: unknown): unknown => (error as { code?: unknown } | undefined)?.code

/** Whether an error is one that the parser may throw: ours, or a wrong argument. */
function expected(error: unknown): boolean {
  return isStagedoorError(error) || codeOf(error) === 'INVALID_ARGUMENT'
}

async function throwsOnlyExpected(run: () => unknown): Promise<boolean> {
  try {
    await run()
    return true
  } catch (error) {
    if (expected(error)) return true
    throw error
  }
}

const origin = 'https://app.example'
const header = fc.string({
  unit: fc.oneof(fc.constantFrom(...'=;,"% \t/\\.:-_azAZ09{}'), fc.string({ minLength: 1, maxLength: 1 })),
})
const urlish = fc.string({
  unit: fc.oneof(fc.constantFrom(...'/\\?#%@:.[]&=+2f5cazhtp \t'), fc.string({ minLength: 1, maxLength: 1 })),
})
const json = fc.jsonValue({ maxDepth: 4 })

/** One property for each reader. */
export const properties: Readonly<Record<string, () => Property>> = {
  'a login path never leads to another origin': () =>
    fc.property(urlish, (path) => {
      const safe = sameOriginPath(path, origin)
      if (safe === undefined) return true
      return (
        new URL(safe, origin).origin === origin &&
        new URL(decodeURIComponent(escapeBad(safe)), origin).origin === origin
      )
    }),
  'a link is followed on its own origin only': () =>
    fc.property(urlish, (url) => {
      const found = sameOrigin(url, origin)
      return found === undefined || (found.origin === origin && found.username === '')
    }),
  'cookies are read or left': () => fc.property(header, (text) => Array.isArray(parseCookies(text))),
  'Retry-After is a time that is not past, or nothing': () =>
    fc.property(fc.oneof(header, fc.float().map(String)), (text) => {
      const found = parseRetryAfter(text, 1000)
      return found === undefined || (found >= 1000 && found <= 8.64e15)
    }),
  'an id or URI is one segment of a path, or refused as an argument': () =>
    fc.property(urlish, (text) => {
      try {
        const url = new URL(`https://api.example/v1/tracks/${segment(idOf('track', text))}`)
        return url.pathname.split('/').length === 4 && url.search === '' && url.hash === ''
      } catch (error) {
        return codeOf(error) === 'INVALID_ARGUMENT'
      }
    }),
  'a vault opens nothing that it did not seal': () => {
    const vault = createVault({ kms: localKms({ keyId: 'main', key: random() }) })
    const part = fc.oneof(fc.base64String(), fc.string(), json)
    const token = fc.record({
      version: fc.oneof(fc.constant(1), json),
      keyId: fc.oneof(fc.constant('main'), part),
      dataKeyId: part,
      encryptedKey: part,
      nonce: part,
      encryptedData: part,
    })
    return fc.asyncProperty(fc.oneof(token, json), async (value) => {
      try {
        await vault.open(value as never, { ownerId: 'ann' })
        return false
      } catch (error) {
        return isStagedoorError(error) && error.name === 'VaultError'
      }
    })
  },
  'a stored record is whole or named corrupt': () =>
    fc.property(json, (value) => typeof (invalidField(value) ?? '') === 'string'),
  'a row is whole or named corrupt': () =>
    fc.property(
      fc.dictionary(
        fc.constantFrom(...keyColumns, ...fieldColumns, 'lease_left', 'delivery_left'),
        fc.oneof(json, fc.string(), fc.integer()),
      ),
      (row) => {
        const found = fromRow(row)
        return typeof found === 'string' || invalidField(found) === undefined
      },
    ),
  'the environment is read or refused': () =>
    fc.asyncProperty(
      fc.dictionary(
        fc.constantFrom(
          'SPOTIFY_CLIENT_ID',
          'SPOTIFY_CLIENT_SECRET',
          'SPOTIFY_REDIRECT_URI',
          'SPOTIFY_SCOPES',
          'SPOTIFY_APP_MODE',
          'STAGEDOOR_LOGIN_KEYS',
          'STAGEDOOR_VAULT_KEY',
        ),
        fc.string(),
      ),
      (env) => throwsOnlyExpected(() => optionsFromEnv(env)),
    ),
  'the endpoints respond to every request, never with a server error': () => {
    const fake = createFakeSpotify()
    const stagedoor = createStagedoor({
      clientId: 'client',
      redirectUri: `${origin}/api/v1/spotify/callback`,
      loginKeys: [random()],
      store: memoryStore(),
      vault: createVault({ kms: localKms({ keyId: 'main', key: random() }) }),
      fetch: fake.fetch,
    })
    const handler = stagedoor.handler({ owner: () => 'ann' })
    const route = fc.constantFrom('auth', 'callback', 'connection', 'health', 'nothing')
    const method = fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'OPTIONS', 'HEAD')
    return fc.asyncProperty(route, urlish, method, header, fc.string(), async (path, query, verb, cookie, body) => {
      const headers = new Headers({ 'content-type': 'application/json', origin })
      try {
        headers.set('cookie', cookie)
      } catch {
        // No server hands on a header that cannot be.
      }
      const init = { method: verb, headers, ...(verb === 'POST' ? { body } : {}) }
      const response = await handler(
        new Request(`${origin}/api/v1/spotify/${path}?${query.replaceAll('#', '')}`, init),
        undefined,
      )
      return response.status < 500
    })
  },
  'a response of the Web API results in a value or a stagedoor error': () =>
    fc.asyncProperty(
      fc.constantFrom(200, 201, 204, 301, 400, 401, 403, 404, 429, 500, 502),
      fc.oneof(
        json.map((value) => JSON.stringify(value)),
        fc.string(),
      ),
      fc.constantFrom('application/json', 'text/html', 'text/plain', ''),
      header,
      async (status, body, type, retryAfter) => {
        const headers = new Headers(type === '' ? {} : { 'content-type': type })
        try {
          headers.set('retry-after', retryAfter)
        } catch {
          // As above.
        }
        const spotify = createSpotify({
          retries: 0,
          maxWait: 0,
          fetch: async () => new Response(status === 204 ? null : body, { status, headers }),
        })
        const client = spotify.as(async () => 'token')
        const settled = await throwsOnlyExpected(() => client.me.get())
        const listed = await throwsOnlyExpected(() => client.library.tracks().page())
        await spotify.close()
        return settled && listed
      },
    ),
}

/** `decodeURIComponent` must see whole escapes. */
function escapeBad(path: string): string {
  return path.replace(/%(?![0-9a-f]{2})|%[89a-f][0-9a-f]/gi, '_')
}

/** Runs one property; throws with the smallest case that breaks it. */
export async function check(
  name: string,
  options: { readonly numRuns: number; readonly seed?: number },
): Promise<void> {
  const make = properties[name]
  if (make === undefined) throw new Error(`There is no property "${name}"`)
  await fc.assert(make() as IAsyncProperty<unknown>, options)
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { minutes: { type: 'string', default: '5' } } })
  const names = Object.keys(properties)
  const end = Date.now() + Number(values.minutes) * 60_000
  let runs = 0
  while (Date.now() < end) {
    for (const name of names) {
      const seed = (Math.random() * 2 ** 31) | 0
      try {
        await check(name, { numRuns: 2000, seed })
        runs += 2000
      } catch (error) {
        process.stderr.write(`${name}\n${error instanceof Error ? error.message : error}\n`)
        process.exit(1)
      }
      if (Date.now() > end) break
    }
  }
  process.stdout.write(`${runs} cases for ${names.length} readers, none of them broke\n`)
}
