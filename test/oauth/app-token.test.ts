import { afterEach, describe, expect, it, vi } from 'vitest'
import { createAppToken } from '../../src/oauth/app-token.ts'
import { localKms } from '../../src/vault/kms/local.ts'
import { createVault } from '../../src/vault/vault.ts'
import { hour, minute, vaultKey } from '../connections/support/world.ts'

afterEach(() => {
  vi.useRealTimers()
})

function setUp({ margin = 5 * minute } = {}) {
  const clock = { now: 0 }
  const requests = { count: 0, fail: false, hang: false }
  const token = createAppToken({
    async clientCredentials() {
      requests.count++
      if (requests.hang) await new Promise(() => {})
      if (requests.fail) throw new Error('The endpoint is away.')
      return { accessToken: `token ${requests.count}`, expiresAt: clock.now + hour, scopes: [] }
    },
    cipher: createVault({ kms: localKms({ keyId: 'test', key: vaultKey }) }),
    clientId: 'client',
    provider: 'spotify',
    margin,
    timeout: 10_000,
    now: () => clock.now,
  })
  return { clock, requests, token }
}

describe("the application's own token", () => {
  it('is requested once, however large the margin is', async () => {
    const { clock, requests, token } = setUp({ margin: 24 * hour })
    for (let call = 0; call < 5; call++) expect(await token()).toBe('token 1')
    clock.now = hour / 2
    expect(await token()).toBe('token 2')
    expect(requests.count).toBe(2)
  })

  it('is used until it expires while no new one can be had, and requested only now and then', async () => {
    const { clock, requests, token } = setUp()
    await token()
    clock.now = hour - 2 * minute
    requests.fail = true
    for (let call = 0; call < 5; call++) expect(await token()).toBe('token 1')
    expect(requests.count).toBe(2)
    clock.now += minute
    expect(await token()).toBe('token 1')
    expect(requests.count).toBe(3)
    clock.now = hour
    await expect(token()).rejects.toThrow('The endpoint is away.')
    requests.fail = false
    expect(await token()).toBe('token 5')
  })

  it('is not returned again to a caller after the API has rejected it', async () => {
    const { requests, token } = setUp()
    const first = await token()
    expect(await token({ rejected: first })).toBe('token 2')
    requests.fail = true
    await expect(token({ rejected: 'token 2' })).rejects.toThrow('The endpoint is away.')
  })

  it('does not keep callers waiting for an endpoint that never responds', async () => {
    vi.useFakeTimers()
    const { requests, token } = setUp()
    requests.hang = true
    const refused = expect(token()).rejects.toMatchObject({ code: 'LOGIN_UNAVAILABLE', retryable: true })
    await vi.advanceTimersByTimeAsync(10_000)
    await refused
  })
})
