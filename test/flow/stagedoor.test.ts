import { describe, expect, it } from 'vitest'
import {
  createStagedoor,
  createVault,
  localKms,
  memoryStore,
  optionsFromEnv,
  type StagedoorOptions,
} from '../../src/index.ts'
import { createFakeSpotify } from '../../src/testing/fake-spotify.ts'

const key = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32))
const fake = createFakeSpotify()
const base = (): StagedoorOptions => ({
  clientId: 'app',
  clientSecret: 'app-secret',
  redirectUri: 'https://app.example/api/v1/spotify/callback',
  store: memoryStore(),
  vault: createVault({ kms: localKms({ keyId: 'main', key: key() }) }),
  loginKeys: [key()],
  fetch: fake.fetch,
})

async function connected(options = base()) {
  const stagedoor = createStagedoor(options)
  const { url, setCookies } = await stagedoor.connections.begin({ ownerId: 'ann' })
  const cookies = setCookies.map((line) => line.split(';')[0]).join('; ')
  await stagedoor.connections.complete({ ownerId: 'ann', url: await fake.approve(url), cookies })
  return stagedoor
}

describe('createStagedoor', () => {
  it('signs in, calls the Web API as the owner, and returns the status of the connection', async () => {
    await using stagedoor = await connected()
    expect(
      (await stagedoor.client('ann').library.tracks().toArray({ max: 5 })).map(({ track }) => track.name),
    ).toHaveLength(5)
    expect(await stagedoor.connections.health('ann', { probe: true })).toMatchObject({
      status: 'healthy',
      api: { status: 'ok' },
    })
  })

  it('drops the keys of the vault when it is closed, also when the store fails to close', async () => {
    const options = base()
    const store = { ...options.store, close: () => Promise.reject(new Error('no')) }
    const stagedoor = await connected({ ...options, store })
    expect(options.vault.activeKey()).toBeDefined()
    await expect(stagedoor.close()).rejects.toThrow('no')
    expect(options.vault.activeKey()).toBeUndefined()
  })

  it('calls the catalogue without a user, with one token for many calls', async () => {
    await using stagedoor = createStagedoor(base())
    const before = fake.requests.all.filter((entry) => entry.grantType === 'client_credentials').length
    await Promise.all(Array.from({ length: 10 }, () => stagedoor.app().search('rain', ['track'])))
    expect(fake.requests.all.filter((entry) => entry.grantType === 'client_credentials')).toHaveLength(before + 1)
  })

  it('responds with the reason to calls without a user', async () => {
    await using stagedoor = createStagedoor({ ...base(), clientSecret: undefined })
    await expect(stagedoor.app().search('rain', ['track'])).rejects.toMatchObject({ code: 'CONFIG_MISSING' })
  })

  it('knows before the request that a scope is missing', async () => {
    await using stagedoor = await connected()
    const sent = fake.requests.all.length
    await expect(stagedoor.client('ann').player.pause()).rejects.toMatchObject({ code: 'API_MISSING_SCOPE' })
    expect(fake.requests.all.length).toBe(sent)
  })

  it('moves tokens to a new key and reports it', async () => {
    const store = memoryStore()
    const old = localKms({ keyId: 'old', key: key() })
    const options = { ...base(), store, vault: createVault({ kms: old }) }
    await connected(options)
    const current = localKms({ keyId: 'new', key: key() })
    const stagedoor = createStagedoor({ ...options, vault: createVault({ kms: current, retired: [old] }) })
    const rotated: unknown[] = []
    stagedoor.on('key.rotated', (payload) => rotated.push(payload))
    expect(await stagedoor.reseal().run()).toMatchObject({ done: 1, changed: 1, failed: 0 })
    expect(rotated).toMatchObject([{ keyId: 'new', failed: 0 }])
    expect((await store.get({ provider: 'spotify', ownerId: 'ann' }))?.accessToken.keyId).toBe('new')
    expect(await stagedoor.connections.accessToken('ann')).toBeTypeOf('string')
  })

  it('opens the circuit of the token endpoint without touching that of the Web API', async () => {
    const local = createFakeSpotify()
    const opened: string[] = []
    const stagedoor = createStagedoor({ ...base(), fetch: local.fetch })
    stagedoor.on('circuit.opened', ({ circuit }) => opened.push(circuit))
    const { accessToken, refreshToken, scopes } = local.issue({ clientId: 'app' })
    for (let owner = 0; owner < 8; owner++) {
      const tokens = { accessToken, refreshToken, scopes, expiresAt: Date.now() - 1 }
      await stagedoor.connections.adopt({ ownerId: `owner-${owner}`, tokens, authorizedAt: new Date() })
    }
    local.fail({ path: '/api/token', status: 503, times: 100 })
    for (let owner = 0; owner < 8; owner++) {
      await expect(stagedoor.connections.accessToken(`owner-${owner}`)).rejects.toMatchObject({
        name: 'ConnectionError',
      })
    }
    expect(opened).toEqual(['token'])
    expect(local.requests.all.length).toBeLessThan(8)
    expect((await stagedoor.connections.health('owner-0')).api.status).toBe('ok')
  })

  it('refuses wrong options with the name of what is wrong', () => {
    const wrong = (change: object, code: string) =>
      expect(() => createStagedoor({ ...base(), ...change })).toThrow(
        expect.objectContaining({ name: 'ConfigError', code }),
      )
    wrong({ clientId: '' }, 'CONFIG_MISSING')
    wrong({ store: undefined }, 'CONFIG_MISSING')
    wrong({ vault: undefined }, 'CONFIG_MISSING')
    wrong({ loginKeys: [] }, 'CONFIG_LOGIN_KEY')
    wrong({ loginKeys: [Buffer.from('change-me-change-me-change-me-32')] }, 'CONFIG_LOGIN_KEY')
    wrong({ redirectUri: 'http://localhost/callback' }, 'CONFIG_REDIRECT_URI')
    wrong({ appMode: 'production' }, 'CONFIG_INVALID')
    wrong({ refresh: { timeout: 10_000, lease: 5_000 } }, 'CONFIG_LEASE')
    wrong({ endpoints: { token: 'http://example.com/token' } }, 'CONFIG_ENDPOINT')
    wrong({ api: { timeout: -1 } }, 'CONFIG_INVALID')
  })
})

describe('optionsFromEnv', () => {
  const env = {
    SPOTIFY_CLIENT_ID: 'id',
    SPOTIFY_REDIRECT_URI: 'https://app.example/cb',
    STAGEDOOR_LOGIN_KEYS: `${Buffer.from(key()).toString('base64url')}, ${Buffer.from(key()).toString('base64url')}`,
  }

  it('reads what is set and leaves out what is not', () => {
    const options = optionsFromEnv({
      ...env,
      SPOTIFY_SCOPES: 'user-library-read, user-top-read',
      SPOTIFY_CLIENT_SECRET: '',
    })
    expect(options).toMatchObject({ clientId: 'id', scopes: ['user-library-read', 'user-top-read'] })
    expect(options.loginKeys).toHaveLength(2)
    expect('clientSecret' in options).toBe(false)
  })

  it('names the variable that is missing or wrong', () => {
    for (const name of Object.keys(env)) {
      expect(() => optionsFromEnv({ ...env, [name]: ' ' })).toThrow(new RegExp(`^${name} is not set`))
    }
    expect(() => optionsFromEnv({ ...env, SPOTIFY_APP_MODE: 'x' })).toThrow(/^SPOTIFY_APP_MODE/)
    for (const STAGEDOOR_LOGIN_KEYS of ['x', Buffer.from('change-me-change-me-change-me-32').toString('base64url')]) {
      expect(() => optionsFromEnv({ ...env, STAGEDOOR_LOGIN_KEYS })).toThrow(
        /^STAGEDOOR_LOGIN_KEYS .*npx stagedoor keygen/,
      )
    }
  })
})
