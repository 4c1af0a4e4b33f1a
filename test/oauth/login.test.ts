import { inspect } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../src/internal/secret.ts'
import { createLoginCookies } from '../../src/oauth/login.ts'
import { loginKeys } from '../../src/oauth/login-keys.ts'
import { createState, type LoginTransaction } from '../../src/oauth/transaction.ts'

const random = Array.from({ length: 6 }, () => crypto.getRandomValues(new Uint8Array(32)))
const key = (index: number): Uint8Array => random[index] ?? new Uint8Array()
let time = Date.parse('2026-11-01T00:00:00Z')
const base = { clientId: 'client', redirectUri: 'https://app.example/callback', now: () => time }
const transactionOf = (redirectUri = base.redirectUri): LoginTransaction => ({
  ...createState(),
  codeVerifier: 'v'.repeat(43),
  redirectUri,
  scopes: ['a', 'b'],
  expiresAt: time + 600_000,
})
const header = (setCookies: readonly string[]): string =>
  setCookies
    .filter((line) => !line.includes('Max-Age=0'))
    .map((line) => line.split(';')[0])
    .join('; ')
const callback = (state: string): URL => new URL(`https://app.example/callback?code=c&state=${state}`)

let cookies: Awaited<ReturnType<typeof createLoginCookies>>
beforeEach(async () => {
  time = Date.parse('2026-11-01T00:00:00Z')
  cookies = await createLoginCookies({ ...base, keys: loginKeys([key(1)]) })
})

describe('a login cookie', () => {
  it('returns the sign-in, for ten minutes, to this browser only', async () => {
    const transaction = transactionOf()
    const [line] = await cookies.seal({ transaction, ownerId: 'ann', returnTo: '/library' })
    expect(line).toMatch(
      /^__Host-stagedoor_login_[\w-]{16}=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    )
    const login = await cookies.open(callback(transaction.state), header([line!]))
    expect(login).toEqual({ transaction, ownerId: 'ann', returnTo: '/library' })
    await expect(cookies.open(callback(transaction.state), undefined)).rejects.toMatchObject({
      code: 'LOGIN_COOKIE_MISSING',
    })
  })

  it('is not Secure on a loopback http origin, where Safari would drop it', async () => {
    const redirectUri = 'http://127.0.0.1:3000/callback'
    const loopback = await createLoginCookies({ ...base, redirectUri, keys: loginKeys([key(1)]) })
    const [line] = await loopback.seal({ transaction: transactionOf(redirectUri), ownerId: 'ann' })
    expect(line).toMatch(/^stagedoor_login_/)
    expect(line).not.toContain('Secure')
  })

  it('fits a browser even with the longest owner and return path', async () => {
    const [line] = await cookies.seal({
      transaction: transactionOf(),
      ownerId: 'o'.repeat(255),
      returnTo: `/${'r'.repeat(511)}`,
    })
    expect(line!.length).toBeLessThan(4096)
    for (const login of [
      { transaction: transactionOf(), ownerId: 'ö'.repeat(128) },
      { transaction: transactionOf(), ownerId: 'o', returnTo: `/${'r'.repeat(512)}` },
    ]) {
      await expect(cookies.seal(login)).rejects.toMatchObject({ name: 'TypeError', code: 'INVALID_ARGUMENT' })
    }
  })

  it('ends after ten minutes', async () => {
    const transaction = transactionOf()
    const sealed = header(await cookies.seal({ transaction, ownerId: 'ann' }))
    time += 600_000
    await expect(cookies.open(callback(transaction.state), sealed)).rejects.toMatchObject({
      code: 'LOGIN_EXPIRED',
      setCookies: [expect.stringContaining('Max-Age=0')],
    })
  })

  it('of another tab stays usable, and a callback of neither is LOGIN_STATE_MISMATCH', async () => {
    const [one, two] = [transactionOf(), transactionOf()]
    const both = header([
      ...(await cookies.seal({ transaction: one, ownerId: 'a' })),
      ...(await cookies.seal({ transaction: two, ownerId: 'b' })),
    ])
    expect((await cookies.open(callback(two.state), both)).ownerId).toBe('b')
    expect((await cookies.open(callback(one.state), both)).ownerId).toBe('a')
    await expect(cookies.open(callback(createState().state), both)).rejects.toMatchObject({
      code: 'LOGIN_STATE_MISMATCH',
    })
    await expect(cookies.open(callback('short'), both)).rejects.toMatchObject({ code: 'LOGIN_STATE_MISMATCH' })
  })

  it('opens with an older key and not with a foreign one, and not for another client or redirect URI', async () => {
    const transaction = transactionOf()
    const sealed = header(await cookies.seal({ transaction, ownerId: 'ann' }))
    const open = async (change: object, keys: Uint8Array[]): Promise<unknown> =>
      (await createLoginCookies({ ...base, ...change, keys: loginKeys(keys) })).open(
        callback(transaction.state),
        sealed,
      )
    await expect(open({}, [key(2), key(1)])).resolves.toMatchObject({ ownerId: 'ann' })
    await expect(open({}, [key(2)])).rejects.toMatchObject({ code: 'LOGIN_COOKIE_MISSING' })
    await expect(open({ clientId: 'other' }, [key(1)])).rejects.toMatchObject({ code: 'LOGIN_COOKIE_MISSING' })
    await expect(open({ redirectUri: 'https://app.example/other' }, [key(1)])).rejects.toMatchObject({
      code: 'LOGIN_COOKIE_MISSING',
    })
  })

  it('does not open after any change to it', async () => {
    const transaction = transactionOf()
    const sealed = header(await cookies.seal({ transaction, ownerId: 'ann' }))
    for (let at = sealed.indexOf('=') + 1; at < sealed.length; at += 13) {
      const other = sealed[at] === 'A' ? 'B' : 'A'
      const changed = sealed.slice(0, at) + other + sealed.slice(at + 1)
      await expect(cookies.open(callback(transaction.state), changed)).rejects.toMatchObject({ name: 'LoginError' })
    }
  })

  it('never exists more than five times: the oldest goes first', async () => {
    let jar: string[] = []
    for (let count = 0; count < 8; count++) {
      const lines = await cookies.seal({ transaction: transactionOf(), ownerId: 'ann' }, jar.join('; '))
      for (const line of lines) {
        const [name = ''] = line.split('=')
        jar = jar.filter((each) => !each.startsWith(`${name}=`))
        if (!line.includes('Max-Age=0')) jar.push(line.split(';')[0]!)
      }
    }
    expect(jar).toHaveLength(5)
  })
})

describe('login keys', () => {
  it('are 32 bytes or their base64url, and random', () => {
    const text = Buffer.from(key(3)).toString('base64url')
    expect(loginKeys([text, key(4), new Secret(text), new Secret(key(4))])).toHaveLength(4)
    for (const bad of [[], undefined, ['short'], [new Uint8Array(16)], [new Uint8Array(32)], [`${text}!`]]) {
      expect(() => loginKeys(bad as never)).toThrow(
        expect.objectContaining({ name: 'ConfigError', code: 'CONFIG_LOGIN_KEY' }),
      )
    }
  })

  it.each([
    ['a password', Buffer.from('change-me-change-me-change-me-32')],
    ['a password in base64url', Buffer.from('change-me-change-me-change-me-32').toString('base64url')],
    ['the bytes 0 to 31', Uint8Array.from({ length: 32 }, (_, index) => index)],
    ['31 zeros and a one', Uint8Array.from({ length: 32 }, (_, index) => Number(index === 31))],
    ['one byte repeated', new Uint8Array(32).fill(7)],
  ])('are refused when they can be guessed: %s', (_, weak) => {
    for (const option of [weak, new Secret(weak)]) {
      expect(() => loginKeys([key(0), option])).toThrow(
        expect.objectContaining({
          name: 'ConfigError',
          code: 'CONFIG_LOGIN_KEY',
          message: expect.stringContaining('npx stagedoor keygen'),
        }),
      )
    }
  })

  it('do not print', () => {
    expect(inspect(loginKeys([key(5)]), { depth: 9, showHidden: true })).toMatch(/^\[ \[secret\], \[length\]: 1 \]$/)
  })
})
