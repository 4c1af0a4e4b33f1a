import { type ConnectionsSettings, connectionsSettings } from '../connections/options.ts'
import { spotifyProvider } from '../oauth/providers/spotify.ts'
import { type CliConfig, stagedoorOptions } from './config-file.ts'
import type { Terminal } from './terminal.ts'

/** The checked options of the application, for commands that read the whole store. */
export function settingsOf(config: CliConfig, { env }: Terminal): ConnectionsSettings {
  return connectionsSettings({ ...stagedoorOptions(config, env), provider: spotifyProvider })
}
