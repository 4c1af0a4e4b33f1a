import { vi } from 'vitest'
import type { Connection } from '../../../src/connections/records/record.ts'
import type { HandlerConnections } from '../../../src/http/connection.ts'

export const redirectUri = 'http://127.0.0.1:3000/api/v1/spotify/callback'
export const base = 'http://127.0.0.1:3000/api/v1/spotify'

export const connection: Connection = {
  ownerId: 'alice',
  provider: 'spotify',
  accountId: 'account-1',
  accountName: 'Alice',
  scopes: ['user-library-read'],
  status: 'connected',
  authorizedAt: new Date(1_700_000_000_000),
  reauthorizeBy: new Date(1_715_000_000_000),
  expiresAt: new Date(1_700_003_600_000),
}

/** Connections whose methods all succeed and are recorded. Pass a method of your own to test how the handler responds. */
export function connectionsDouble(verbs: Partial<HandlerConnections> = {}): HandlerConnections {
  return {
    provider: 'spotify',
    begin: vi.fn<HandlerConnections['begin']>(async () => ({
      url: new URL('https://accounts.example/authorize?client_id=c&state=s'),
      setCookies: ['stagedoor_login_new=sealed; Max-Age=600; Path=/', 'stagedoor_login_old=; Max-Age=0; Path=/'],
    })),
    complete: vi.fn<HandlerConnections['complete']>(async () => ({
      connection,
      setCookies: ['stagedoor_login_new=; Max-Age=0; Path=/'],
    })),
    get: vi.fn<HandlerConnections['get']>(async () => connection),
    health: vi.fn<HandlerConnections['health']>(async () => ({
      status: 'healthy',
      checkedAt: new Date(1_700_000_100_000),
      api: { status: 'ok' },
    })),
    disconnect: vi.fn<HandlerConnections['disconnect']>(async () => ({
      removed: true,
      manageUrl: 'https://www.spotify.com/account/apps/',
    })),
    ...verbs,
  }
}

export const page = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8', 'sec-fetch-mode': 'navigate' }
export const program = { accept: 'application/json' }
