import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createOAuth, isStagedoorError, localKms, optionsFromEnv, spotifyProvider } from 'stagedoor'

/** A variable that must be set or corrected: the message is one line and names it. */
export class SettingError extends Error {}

export interface Settings {
  /** Whether the accounts are real: true as soon as one SPOTIFY_… variable is set. */
  readonly real: boolean
  readonly folder: string
  readonly host: string
  /** 0 when any free port will do. */
  readonly port: number
  /** Only in real mode; the stand-in's is made up once the port is known. */
  readonly redirectUri: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly sessionSecret: string
}

/** Keys of this demo, made at the first start. A real application keeps them in its secret manager. */
interface Keys {
  readonly STAGEDOOR_LOGIN_KEYS: string
  readonly STAGEDOOR_VAULT_KEY: string
  readonly SESSION_SECRET: string
}

const variables = [
  'SPOTIFY_CLIENT_ID',
  'SPOTIFY_CLIENT_SECRET',
  'SPOTIFY_REDIRECT_URI',
  'SPOTIFY_SCOPES',
  'SPOTIFY_APP_MODE',
]

export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const set = (name: string): string | undefined => env[name]?.trim() || undefined
  const real = variables.some((name) => set(name) !== undefined)
  const port = portOf(set('PORT'))
  const folder = set('DEMO_DATA') ?? join('.data', real ? 'spotify' : 'demo')
  const keys = keysIn(folder)
  const own = {
    ...keys,
    ...(real ? {} : { SPOTIFY_CLIENT_ID: 'demo', SPOTIFY_REDIRECT_URI: 'http://127.0.0.1/callback' }),
  }
  const merged = { ...own, ...Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim())) }
  const { redirectUri } = check(merged)
  if (!real) {
    return {
      real,
      folder,
      host: '127.0.0.1',
      port: port ?? 0,
      redirectUri: undefined,
      env: merged,
      sessionSecret: keys.SESSION_SECRET,
    }
  }
  const url = new URL(redirectUri)
  const loopback = url.protocol === 'http:'
  return {
    real,
    folder,
    host: loopback ? url.hostname.replace(/[[\]]/g, '') : '127.0.0.1',
    port: port ?? (loopback ? Number(url.port || 80) : 3000),
    redirectUri,
    env: merged,
    sessionSecret: keys.SESSION_SECRET,
  }
}

/** Builds what the variables are for, once, so that a wrong one is named before anything starts. */
function check(env: Readonly<Record<string, string | undefined>>): { redirectUri: string } {
  let variable: string | undefined
  try {
    const { vaultKey, ...options } = optionsFromEnv(env)
    variable = 'STAGEDOOR_VAULT_KEY'
    localKms({ keyId: 'demo', key: vaultKey })
    variable = /\s/.test(options.clientId) ? 'SPOTIFY_CLIENT_ID' : 'SPOTIFY_REDIRECT_URI'
    createOAuth({ ...options, provider: spotifyProvider })
    return options
  } catch (error) {
    if (isStagedoorError(error))
      throw new SettingError(variable === undefined ? error.message : `${variable}: ${error.message}`)
    throw error
  }
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new SettingError('PORT is a number from 0 to 65535.')
  return port
}

function keysIn(folder: string): Keys {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'keys.json')
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Keys
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new SettingError(`${file} cannot be read as JSON: mend it, or delete the folder and connect again.`)
    }
  }
  const key = (): string => randomBytes(32).toString('base64url')
  const keys: Keys = { STAGEDOOR_LOGIN_KEYS: key(), STAGEDOOR_VAULT_KEY: key(), SESSION_SECRET: key() }
  writeFileSync(file, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 })
  return keys
}
