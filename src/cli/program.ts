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
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }
}

/** Runs one command line and returns its exit code. */
export async function run(args: readonly string[], terminal: Terminal, version: string): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok
  const program = new Command('stagedoor')
    .description("Create keys, check the setup and maintain your users' Spotify connections.")
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    })
    .addHelpText(
      'after',
      '\nThe store, the vault and all other options are read from stagedoor.config.ts in this folder and from the environment.' +
        '\nExit codes: 0 success, 1 a problem was found, 2 wrong usage, 3 configuration, 4 database, 5 keys, 6 Spotify, 130 interrupted.',
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
      .option('--config <file>', 'path of the configuration file')
      .option('--env <file>', 'read variables from a file first; variables that are already set take precedence')
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

  add('keygen', 'generate login and vault keys, as lines for an environment file (the output is secret)', keygen)
    .addOption(new Option('--only <key>', 'generate only this key').choices(['login', 'vault']))
    .option('--out <file>', 'append the lines to a file of yours alone instead of printing them')
    .option('--force', 'with --out: write to a file that is open to other users too, and make it private')
  add('doctor', 'check the whole setup and explain what to fix', doctor).option(
    '--online',
    'also check the client id and secret with Spotify',
  )
  add('migrate', "create or update the store's tables", migrate)
  add('status', 'show connections by state, what is due, and pauses of the limiter', status)
  add('rotate', 'move every connection to the current key', rotate)
    .option('--dry-run', 'only count the connections that would be moved')
    .option('--page-size <n>', 'connections to read at a time', wholeNumber(1, 10_000))
    .option('--concurrency <n>', 'connections to move at a time', wholeNumber(1, 1000))
  add('login', 'sign in from a terminal, with a loopback redirect URI', login)
    .requiredOption('--owner <id>', 'owner of the connection: a user id of your application')
    .option('--timeout <seconds>', 'how long to wait for the browser', wholeNumber(1, 600), 300)
  add('fake', 'serve a fake Spotify for development', fake)
    .option('--port <port>', 'port to listen on; 0 for any free one', wholeNumber(0, 65_535), 8888)
    .option('--seed <n>', 'seed of the generated data; the same seed generates the same data', wholeNumber(0, 2 ** 31))

  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  }
  return exitCode
}
