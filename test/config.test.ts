import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type EnvOptions, optionsFromEnv } from '../src/config.ts'
import { connectionsSettings } from '../src/connections/options.ts'
import { createConnections, createOAuth, createVault, localKms, memoryStore, spotifyProvider } from '../src/index.ts'
import { createStagedoor } from '../src/stagedoor.ts'
import { createFakeSpotify } from '../src/testing/index.ts'
import { loginKey, vaultKey } from './connections/support/world.ts'

const env = {
  SPOTIFY_CLIENT_ID: 'client',
  SPOTIFY_REDIRECT_URI: 'https://app.example/callback',
  STAGEDOOR_LOGIN_KEYS: loginKey,
}
const clientSecret = 'secret-of-the-client-0123456789'
const secretEnv = { ...env, SPOTIFY_CLIENT_SECRET: clientSecret, STAGEDOOR_VAULT_KEY: vaultKey }

/** Texts in which a key, as bytes, would show. */
const bytesOf = (key: string): string[] => {
  const bytes = Buffer.from(key, 'base64url')
  return [bytes.toString('hex').slice(0, 16), bytes.toString('base64').slice(0, 16), [...bytes].slice(0, 6).join(', ')]
}
const secrets = [clientSecret, ...[loginKey, vaultKey].flatMap((key) => [key, ...bytesOf(key)])]
const everything = { depth: 20, showHidden: true, showProxy: true, maxArrayLength: null, maxStringLength: null }
const show = (value: unknown): string => inspect(value, everything)
/** Lists of numbers are printed in columns. */
const shownIn = (text: string): string[] => secrets.filter((secret) => text.replace(/\s+/g, ' ').includes(secret))

describe('optionsFromEnv', () => {
  it.each(['', '  ', ' , ', ','])(
    'treats SPOTIFY_SCOPES=%j as absent, not as an empty list of scopes',
    (SPOTIFY_SCOPES) => {
      expect(optionsFromEnv({ ...env, SPOTIFY_SCOPES })).not.toHaveProperty('scopes')
    },
  )

  it('reads scopes that spaces or commas separate', () => {
    expect(optionsFromEnv({ ...env, SPOTIFY_SCOPES: ' user-top-read,streaming  streaming' }).scopes).toEqual([
      'user-top-read',
      'streaming',
    ])
  })

  it('gives each secret to those who ask for it', () => {
    const options = optionsFromEnv(secretEnv)
    expect(options.clientSecret?.reveal()).toBe(clientSecret)
    expect(options.loginKeys.map((key) => key.reveal())).toEqual([loginKey])
    expect(options.vaultKey?.reveal()).toBe(vaultKey)
  })
})

describe('the secrets of optionsFromEnv', () => {
  const forms: readonly [string, (options: EnvOptions) => unknown][] = [
    ['as a whole', (options) => options],
    ['as the guides take them apart', ({ vaultKey: _, ...options }) => options],
    ['spread', (options) => ({ ...options, more: true })],
    ['within other objects', (options) => ({ a: { b: { c: { d: { e: { f: [options] } } } } } })],
    ['one by one', (options) => [options.clientSecret, options.vaultKey, ...options.loginKeys]],
    ['as entries', (options) => Object.entries(options)],
    ['copied', (options) => Object.assign(Object.create(null), options)],
    ['cloned', (options) => structuredClone(options)],
  ]
  it.each(forms)('do not show %s, however they are printed', (_, form) => {
    const value = form(optionsFromEnv(secretEnv))
    const texts = [
      show(value),
      inspect(value, { ...everything, customInspect: false }),
      format('%o %O %j', value, value, value),
      JSON.stringify(value),
      Array.isArray(value) ? value.join() : '',
    ]
    expect(shownIn(texts.join())).toEqual([])
  })

  it('do not show as text', () => {
    const { clientSecret: secret, loginKeys, vaultKey: key } = optionsFromEnv(secretEnv)
    expect(`${secret} ${loginKeys} ${String(key)}`).toBe('[secret] [secret] [secret]')
  })

  it('would be noticed', () => {
    expect(shownIn(show({ clientSecret, keys: [loginKey, Buffer.from(vaultKey, 'base64url')] }))).toHaveLength(3)
    expect(shownIn(show(new Uint8Array(Buffer.from(vaultKey, 'base64url'))))).toEqual(bytesOf(vaultKey).slice(-1))
  })
})

describe('what is made of secret options', () => {
  const { vaultKey: key, ...options } = optionsFromEnv(secretEnv)
  const kms = localKms({ keyId: 'main', key })
  const vault = createVault({ kms })
  const store = memoryStore()
  const fake = createFakeSpotify({ clients: [{ clientId: 'client', clientSecret }] })
  const headers: (string | null)[] = []
  const send: typeof fetch = (input, init) => {
    headers.push(new Request(input, init).headers.get('authorization'))
    return fake.fetch(input, init)
  }
  const common = { ...options, store, vault, fetch: send }
  const own = { ...common, provider: spotifyProvider }

  it('works, with the client secret that was hidden', async () => {
    const stagedoor = createStagedoor(common)
    const { url, setCookies } = await stagedoor.connections.begin({ ownerId: 'ann' })
    const cookies = setCookies.map((line) => line.split(';')[0]).join('; ')
    await stagedoor.connections.complete({ ownerId: 'ann', url: await fake.approve(url), cookies })
    expect(await stagedoor.connections.accessToken('ann')).toBeTypeOf('string')
    expect(headers).toContain(`Basic ${btoa(`client:${encodeURIComponent(clientSecret).replaceAll('-', '%2D')}`)}`)
    expect(await createOAuth(own).clientCredentials()).toMatchObject({ accessToken: expect.any(String) })
  })

  it('shows no secret', () => {
    const made = { stagedoor: createStagedoor(common), connections: createConnections(own), oauth: createOAuth(own) }
    const text = show({ made, kms, vault, settings: connectionsSettings(own), options: own })
    expect(text).toContain('clientSecret: [secret]')
    expect(shownIn(text)).toEqual([])
  })

  it('fails with errors that show none', async () => {
    const plainKeys = [Buffer.from(loginKey, 'base64url')]
    const stagedoor = createStagedoor({ ...common, clientSecret, loginKeys: plainKeys })
    const wrong = [{ clientSecret: ` ${clientSecret}` }, { loginKeys: [loginKey, `${loginKey}!`] }, { clientId: '' }]
    const errors: unknown[] = wrong.map((change) => errorOf(() => createStagedoor({ ...common, ...change })))
    errors.push(errorOf(() => localKms({ keyId: 'main', key: `${vaultKey}!` })))
    for (const rule of [{ status: 401 }, { status: 500 }, { cut: 'before' }] as const) {
      fake.fail({ path: '/api/token', ...rule })
      errors.push(
        await createOAuth(own)
          .clientCredentials()
          .catch((error: unknown) => error),
      )
    }
    fake.state.clients.clear()
    errors.push(
      await stagedoor
        .app()
        .search('a', ['track'])
        .catch((error: unknown) => error),
    )
    expect(errors.filter((error) => !(error instanceof Error))).toEqual([])
    expect(shownIn(show(errors) + errors.map((error) => (error as Error).stack).join())).toEqual([])
  })
})

function errorOf(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}
