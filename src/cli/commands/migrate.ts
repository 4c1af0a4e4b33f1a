import { requireStore } from '../config-file.ts'
import { type Context, withConfig } from '../context.ts'
import { CommandError, type ExitCode, exitCodes } from '../exit-code.ts'

/** Brings the tables of a store up to date. Safe to repeat, and in several processes at once. */
export async function migrate(context: Context): Promise<ExitCode> {
  return await withConfig(context, async (config) => {
    const store = requireStore(config)
    const needed = 'migrate' in store && typeof store.migrate === 'function'
    if ('migrate' in store && typeof store.migrate === 'function') await store.migrate()
    // A read shows whether the store is usable: stores without migrations create what they need when they are opened.
    try {
      await store.get({ provider: 'spotify', ownerId: 'stagedoor-migrate' }, { signal: context.terminal.signal })
    } catch (cause) {
      if (context.terminal.signal.aborted) throw new CommandError('INTERRUPTED', 'Interrupted.', { exitCode: 130 })
      throw cause
    }
    context.output.result({ migrated: needed, ready: true }, [
      needed ? 'The tables are up to date.' : 'This store needs no migration; it is ready.',
    ])
    return exitCodes.ok
  })
}
