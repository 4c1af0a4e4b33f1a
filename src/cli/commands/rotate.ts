import { createReseal, type ResealProgress } from '../../connections/reseal/reseal.ts'
import { type Context, withConfig } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { createProgress, timeLeft } from '../progress.ts'
import { settingsOf } from '../settings.ts'
import { summarizeStore } from '../store-summary.ts'

interface RotateOptions {
  readonly dryRun?: boolean | undefined
  readonly pageSize?: number | undefined
  readonly concurrency?: number | undefined
}

/**
 * Moves every connection to the current key, and tokens whose data keys are too old to new ones. It can be killed at
 * any point and run again: connections that were already moved are only read.
 */
export async function rotate(context: Context, options: RotateOptions): Promise<ExitCode> {
  return await withConfig(context, async (config) => {
    const { terminal, output } = context
    const settings = settingsOf(config, terminal)
    const { total, stale } = await summarizeStore(settings, terminal.signal)
    const key = settings.vault.keyId
    if (options.dryRun === true) {
      output.result({ dryRun: true, key, total, stale }, [
        `${stale} of ${total} connections would be moved to ${key} or re-encrypted. Nothing was changed.`,
      ])
      return exitCodes.ok
    }
    const { pageSize, concurrency } = options
    const reseal = createReseal({ ...settings, pageSize, concurrency })
    const failures: Record<string, number> = {}
    const progress = createProgress(context, `Moving ${stale} of ${total} connections to ${key}`, total)
    let latest: ResealProgress | undefined
    reseal.on('failed', ({ code }) => {
      failures[code] = (failures[code] ?? 0) + 1
    })
    reseal.on('progress', (state) => {
      latest = state
      progress.update(Math.min(state.done, total), describe(state, total))
    })
    try {
      const { done, changed, failed, rate } = await reseal.run({ signal: terminal.signal, total })
      progress.end(failed === 0 ? 'Done.' : 'Done, with failures.')
      output.result({ key, done, changed, failed, failures, perSecond: Math.round(rate), total }, [
        `${changed} connections were moved, ${done - changed - failed} were already current, ${failed} failed.`,
        ...Object.entries(failures).map(([code, count]) => `  ${count} × ${code} (see the errors guide)`),
        ...(failed > 0 ? ['Keep the old key in `retired` until these connections are restored or deleted.'] : []),
      ])
      return failed === 0 ? exitCodes.ok : exitCodes.problem
    } catch (error) {
      progress.end('Stopped. Run the same command again to continue.')
      if (!terminal.signal.aborted) throw error
      const { done = 0, changed = 0, failed = 0 } = latest ?? {}
      output.result({ interrupted: true, key, done, changed, failed, total }, [
        `${changed} connections were moved so far.`,
      ])
      return exitCodes.interrupted
    }
  })
}

function describe({ done, failed, rate }: ResealProgress, total: number): string {
  const left = rate > 0 ? timeLeft(Math.max(0, total - done) / rate) : '…'
  const failures = failed === 0 ? '' : `, ${failed} failed`
  return `${done}/${total}, ${Math.round(rate)} per second, ${left} left${failures}`
}
