import { errorCatalogue } from '../../error-catalogue/error-catalogue.ts'
import { isStagedoorError } from '../../errors.ts'
import { loginKeys } from '../../oauth/login-keys.ts'
import { spotifyProvider } from '../../oauth/providers/spotify.ts'
import { checkRedirectUri } from '../../oauth/redirect-uri.ts'
import type { CliConfig } from '../config-file.ts'
import { type Finding, ok, problem } from '../finding.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Checks the options that the environment sets, unless the configuration file sets them. */
export function checkVariables(env: Env, config: CliConfig): Finding[] {
  const read = (name: string): string | undefined => env[name]?.trim() || undefined
  return [
    checkClientId(config.clientId ?? read('SPOTIFY_CLIENT_ID')),
    checkRedirect(config.redirectUri ?? read('SPOTIFY_REDIRECT_URI')),
    checkLoginKeys(
      config.loginKeys ??
        read('STAGEDOOR_LOGIN_KEYS')
          ?.split(/[\s,]+/)
          .filter(Boolean),
    ),
    ...checkAppMode(config.appMode ?? read('SPOTIFY_APP_MODE')),
    ...checkSharedKey(read('STAGEDOOR_LOGIN_KEYS'), read('STAGEDOOR_VAULT_KEY')),
  ]
}

const missing = (check: string, name: string, action: string): Finding => ({
  check,
  status: 'problem',
  code: 'CONFIG_MISSING',
  message: `${name} is not set.`,
  action,
})

function checkClientId(value: string | undefined): Finding {
  const check = 'client id'
  if (value === undefined) {
    return missing(check, 'SPOTIFY_CLIENT_ID', "Copy the client id of your application from Spotify's dashboard.")
  }
  if (/^[0-9a-f]{32}$/.test(value)) return ok(check, 'Has the form of a Spotify client id.')
  return {
    check,
    status: 'warning',
    message: "It does not have the form of Spotify's client ids, 32 hexadecimal digits.",
    action: "Compare it with Spotify's dashboard, unless you use a fake.",
  }
}

function checkRedirect(value: string | undefined): Finding {
  const check = 'redirect uri'
  if (value === undefined) {
    return missing(check, 'SPOTIFY_REDIRECT_URI', "Set it to the callback URL that Spotify's dashboard lists.")
  }
  try {
    const url = checkRedirectUri(value, spotifyProvider)
    return ok(
      check,
      `${url.origin}${url.pathname} follows Spotify's rules. The dashboard must list exactly the same URI.`,
    )
  } catch (error) {
    return problem(check, error)
  }
}

function checkLoginKeys(value: CliConfig['loginKeys']): Finding {
  const check = 'login keys'
  if (value === undefined) {
    return missing(check, 'STAGEDOOR_LOGIN_KEYS', 'Make a key with "npx stagedoor keygen".')
  }
  try {
    loginKeys(value)
    return ok(check, value.length === 1 ? 'One key.' : `${value.length} keys; the first one encrypts.`)
  } catch (error) {
    if (!isStagedoorError(error)) return problem(check, error)
    const { code, message } = error
    return { check, status: 'problem', code, message, action: errorCatalogue[code].action }
  }
}

function checkAppMode(value: string | undefined): Finding[] {
  if (value === undefined || value === 'development' || value === 'extended') return []
  const message = 'SPOTIFY_APP_MODE is neither development nor extended.'
  return [
    {
      check: 'app mode',
      status: 'problem',
      code: 'CONFIG_INVALID',
      message,
      action: "Set it to the mode that Spotify's dashboard shows.",
    },
  ]
}

function checkSharedKey(login: string | undefined, vault: string | undefined): Finding[] {
  if (vault === undefined || !login?.split(/[\s,]+/).includes(vault)) return []
  return [
    {
      check: 'keys',
      status: 'problem',
      code: 'CONFIG_VAULT_KEY',
      message: 'STAGEDOOR_VAULT_KEY is also a login key.',
      action: 'Make another login key with "npx stagedoor keygen --only login".',
    },
  ]
}
