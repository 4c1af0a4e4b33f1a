import { type CliConfig, findConfigFile, loadConfigFile } from './config-file.ts'
import type { Output } from './output.ts'
import type { Terminal } from './terminal.ts'

/** What every command is called with. */
export interface Context {
  readonly terminal: Terminal
  readonly output: Output
  /** Given with --config. */
  readonly configPath: string | undefined
}

/** The configuration of the application, loaded now. */
export async function loadConfig({ terminal, configPath }: Context): Promise<CliConfig> {
  return await loadConfigFile(findConfigFile(terminal.cwd, configPath))
}

/** Runs `work` with the configuration and closes its store whatever happens. */
export async function withConfig<T>(context: Context, work: (config: CliConfig) => Promise<T>): Promise<T> {
  const config = await loadConfig(context)
  try {
    return await work(config)
  } finally {
    await config.limiter?.close().catch(() => {})
    await config.store?.close?.().catch(() => {})
  }
}
