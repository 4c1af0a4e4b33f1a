import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { optionsFromEnv, type StagedoorOptions } from '../config.ts'
import { isStagedoorError } from '../errors.ts'
import { base64url } from '../internal/bytes.ts'
import { plain } from '../internal/secret.ts'
import type { TokenStore } from '../stores/store.ts'
import type { Kms } from '../vault/kms.ts'
import type { Vault } from '../vault/vault.ts'
import { CommandError, exitCodes } from './exit-code.ts'

/**
 * The exports of `stagedoor.config.ts`, by name or as its default export: the store and the vault of the application,
 * the KMS on its own so that `doctor` can test it, and any other option of `createStagedoor`. The environment sets the
 * options that the file does not export.
 */
export interface CliConfig extends Partial<StagedoorOptions> {
  readonly kms?: Kms | undefined
}

const configFileNames = ['ts', 'mts', 'js', 'mjs'].map((extension) => `stagedoor.config.${extension}`)

const configError = (message: string, action: string): CommandError =>
  new CommandError('CONFIG_FILE', message, { exitCode: exitCodes.config, action })

/**
 * The path of the configuration file: the one passed with --config, or the one in the current folder.
 * @throws CommandError
 */
export function findConfigFile(cwd: string, named: string | undefined): string {
  if (named !== undefined) {
    const path = resolve(cwd, named)
    if (existsSync(path)) return path
    throw configError(`There is no file ${named}.`, 'Pass the path of your configuration file with --config.')
  }
  const found = configFileNames.map((name) => join(cwd, name)).find((path) => existsSync(path))
  if (found !== undefined) return found
  throw configError(
    'There is no stagedoor.config.ts, .mts, .js or .mjs in this folder.',
    'Write one that exports store and vault, or pass the path of yours with --config.',
  )
}

/**
 * Loads a configuration file. An error message may quote the file's own: callers redact it.
 * @throws CommandError; an error of this package that the file itself throws is rethrown
 */
export async function loadConfigFile(path: string): Promise<CliConfig> {
  const loaded: unknown = await import(/* @vite-ignore */ pathToFileURL(path).href).catch((error: unknown) => {
    throw loadError(error)
  })
  const named = loaded as Readonly<Record<string, unknown>>
  const config = { ...named, ...(typeof named.default === 'object' ? named.default : {}) } as CliConfig
  if (config.store === undefined && config.vault === undefined) {
    throw configError('The configuration file exports neither store nor vault.', 'Export both of them by name.')
  }
  return config
}

function loadError(error: unknown): unknown {
  if (isStagedoorError(error)) return error
  const code = (error as { code?: unknown } | null)?.code
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return configError(
      'This Node.js does not load TypeScript.',
      'Use Node.js 22.18 or later, or write stagedoor.config.js.',
    )
  }
  const summary = error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error)
  return configError(`The configuration file does not load: ${summary}`, 'Correct the file.')
}

/** @throws CommandError */
export function requireStore(config: CliConfig): TokenStore {
  if (typeof config.store?.compareAndSet === 'function') return config.store
  throw configError('The configuration file exports no store.', 'Export store, for example sqliteStore(path).')
}

/** @throws CommandError */
export function requireVault(config: CliConfig): Vault {
  if (typeof config.vault?.seal === 'function') return config.vault
  throw configError('The configuration file exports no vault.', 'Export vault: createVault({ kms }).')
}

/**
 * The options of `createStagedoor`, from the file first and the environment for the rest.
 * @throws ConfigError as `optionsFromEnv` does; CommandError without store or vault
 */
export function stagedoorOptions(
  config: CliConfig,
  env: Readonly<Record<string, string | undefined>>,
): StagedoorOptions {
  const { kms: _, ...options } = config
  const keys = options.loginKeys?.map(plain).map((key) => (typeof key === 'string' ? key : base64url(key)))
  const { vaultKey: __, ...fromEnv } = optionsFromEnv({
    ...env,
    ...(options.clientId === undefined ? {} : { SPOTIFY_CLIENT_ID: options.clientId }),
    ...(options.redirectUri === undefined ? {} : { SPOTIFY_REDIRECT_URI: options.redirectUri }),
    ...(keys === undefined ? {} : { STAGEDOOR_LOGIN_KEYS: keys.join(',') }),
  })
  const own = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return { ...fromEnv, ...own, store: requireStore(config), vault: requireVault(config) }
}
