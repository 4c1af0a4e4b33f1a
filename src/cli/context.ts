import { type CliConfig, findConfigFile, loadConfigFile } from './config-file.ts'
import type { Output } from './output.ts'
import type { Terminal } from './terminal.ts'

/** The first argument of every command. */
export interface Context {
  readonly terminal: Terminal
  readonly output: Output
  /** The value of --config. */
  readonly configPath: string | undefined
}

/** Finds and loads the configuration of the application. */
export async function loadConfig({ terminal, configPath }: Context): Promise<CliConfig> {
  return await loadConfigFile(findConfigFile(terminal.cwd, configPath))
}

/** Runs `work` with the configuration, then closes its limiter and store, also after an error. */
export async function withConfig<T>(context: Context, work: (config: CliConfig) => Promise<T>): Promise<T> {
  const config = await loadConfig(context)
  try {
    return await work(config)
  } finally {
    await config.limiter?.close().catch(() => {})
    await config.store?.close?.().catch(() => {})
  }
}
