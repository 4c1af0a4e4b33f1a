import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { doctor } from './commands/doctor.ts'
import { fake } from './commands/fake.ts'
import { keygen } from './commands/keygen.ts'
import { login } from './commands/login.ts'
import { migrate } from './commands/migrate.ts'
import { rotate } from './commands/rotate.ts'
import { status } from './commands/status.ts'
import type { Context } from './context.ts'
import { loadEnvFile } from './env-file.ts'
import { type ExitCode, exitCodeOf, exitCodes } from './exit-code.ts'
import { createOutput } from './output.ts'
import type { Terminal } from './terminal.ts'

interface GlobalOptions {
  readonly json?: boolean
  readonly config?: string
  readonly env?: string
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`It is a whole number from ${min} to ${max}.`)
  }
}

/** Runs one command line and gives its exit code. Never throws. */
export async function run(args: readonly string[], terminal: Terminal, version: string): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok
  const program = new Command('stagedoor')
    .description("Keys, checks and care for your users' Spotify connections.")
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    })
    .addHelpText(
      'after',
      '\nThe store, the vault and all other options come from stagedoor.config.ts in this folder and from the environment.' +
        '\nExit codes: 0 done, 1 something is not in order, 2 wrong usage, 3 configuration, 4 database, 5 keys, 6 Spotify, 130 interrupted.',
    )

  function add<Options extends object>(
    name: string,
    description: string,
    command: (context: Context, options: Options) => Promise<ExitCode>,
  ): Command {
    return program
      .command(name)
      .description(description)
      .option('--json', 'print one JSON document instead of text')
      .option('--config <file>', 'the configuration file')
      .option('--env <file>', 'read variables from a file first; those that are set already win')
      .action(async (options: Options & GlobalOptions) => {
        const { json = false, config: configPath, env: envFile } = options
        let output = createOutput(terminal, json)
        try {
          const env = envFile === undefined ? terminal.env : loadEnvFile(envFile, terminal)
          output = createOutput({ ...terminal, env }, json)
          exitCode = await command({ terminal: { ...terminal, env }, output, configPath }, options)
        } catch (error) {
          exitCode = terminal.signal.aborted ? exitCodes.interrupted : exitCodeOf(error)
          if (exitCode !== exitCodes.interrupted) output.fail(error)
        }
      })
  }

  add('keygen', 'make login and vault keys, as lines for an environment file (secret output)', keygen)
    .addOption(new Option('--only <key>', 'one key only').choices(['login', 'vault']))
    .option('--out <file>', 'append the lines to a file, unseen')
  add('doctor', 'look at everything that can be wrong, and say what to do', doctor).option(
    '--online',
    'also ask Spotify whether it knows the client',
  )
  add('migrate', "create or update the store's tables", migrate)
  add('status', 'connections by state, what is due, pauses of the limiter', status)
  add('rotate', 'move every connection to the current key', rotate)
    .option('--dry-run', 'only count what would be moved')
    .option('--page-size <n>', 'connections that are read at a time', wholeNumber(1, 10_000))
    .option('--concurrency <n>', 'connections that are moved at a time', wholeNumber(1, 1000))
  add('login', 'sign in from a terminal, over a loopback redirect URI', login)
    .requiredOption('--owner <id>', 'whose connection it becomes: a user id of your application')
    .option('--timeout <seconds>', 'how long to wait for the browser', wholeNumber(1, 600), 300)
  add('fake', 'serve a fake Spotify for development', fake)
    .option('--port <port>', 'its port; 0 for any', wholeNumber(0, 65_535), 8888)
    .option('--seed <n>', 'equal seeds give equal worlds', wholeNumber(0, 2 ** 31))

  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  }
  return exitCode
}
