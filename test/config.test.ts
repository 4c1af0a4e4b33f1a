import { describe, expect, it } from 'vitest'
import { optionsFromEnv } from '../src/config.ts'
import { loginKey } from './connections/support/world.ts'

describe('optionsFromEnv', () => {
  const env = {
    SPOTIFY_CLIENT_ID: 'client',
    SPOTIFY_REDIRECT_URI: 'https://app.example/callback',
    STAGEDOOR_LOGIN_KEYS: loginKey,
  }

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
})
