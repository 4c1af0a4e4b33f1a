import { type Context, withConfig } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { settingsOf } from '../settings.ts'
import { type StoreSummary, summarizeStore } from '../store-summary.ts'

const healthTexts = {
  healthy: 'healthy',
  refresh_due: 'due for a refresh at the next use',
  degraded: 'degraded: the last refresh failed and will be retried',
  reauth_due_soon: 'near the end of their grant: their owners need to sign in again soon',
  needs_reauth: 'ended: their owners need to sign in again',
  disconnected: '',
} as const

/** Shows connections by state and by key, how many are due for a check, and pauses of the limiter. */
export async function status(context: Context): Promise<ExitCode> {
  return await withConfig(context, async (config) => {
    const settings = settingsOf(config, context.terminal)
    const summary = await summarizeStore(settings, context.terminal.signal)
    const limiter = config.limiter?.state()
    const cooldowns = limiter?.cooldowns.map(({ scope, reason, until }) => ({ scope, reason, until }))
    context.output.result(
      {
        ...summary,
        currentKey: settings.vault.keyId,
        limiter: limiter === undefined ? null : { ceiling: limiter.ceiling, cap: limiter.cap, cooldowns },
      },
      [
        ...describe(summary, settings.vault.keyId, settings.now()),
        ...(cooldowns === undefined
          ? ['Limiter: one per process; this command cannot see them.']
          : [
              `Limiter: ${limiter?.cap} requests per window, ${cooldowns.length === 0 ? 'not paused' : 'paused'}.`,
              ...cooldowns.map(
                ({ scope, reason, until }) => `  ${scope} (${reason}) until ${new Date(until).toISOString()}`,
              ),
            ]),
      ],
    )
    return exitCodes.ok
  })
}

function describe({ total, health, keys, stale, due, dueSince }: StoreSummary, current: string, now: number): string[] {
  const overdue = dueSince === undefined ? '' : `, the oldest for ${duration(now - dueSince)}`
  return [
    `Connections: ${total}`,
    ...Object.entries(health).map(([name, count]) => `  ${count} ${healthTexts[name as keyof typeof healthTexts]}`),
    `Due for a check: ${due}${due === 1000 ? ' or more' : ''}${overdue}`,
    'Tokens by key:',
    ...Object.entries(keys).map(([key, count]) => `  ${count} under ${key}${key === current ? ' (current)' : ''}`),
    ...(stale === 0 ? [] : [`  ${stale} connections need "stagedoor rotate".`]),
  ]
}

/** Formats a duration in seconds, minutes or hours. */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return `${Math.round(seconds / 3600)} h`
}
