import type { StagedoorOptions } from '../../config.ts'
import { connectionsSettings } from '../../connections/options.ts'
import { createTokenSeal } from '../../connections/records/token-seal.ts'
import { spotifyProvider } from '../../oauth/providers/spotify.ts'
import type { StoredConnection } from '../../stores/store.ts'
import { type Finding, ok, problem } from '../finding.ts'

const sampleSize = 100
const maxSkew = 5000

/**
 * Checks that stored tokens can be decrypted with these keys and this client id, and that the clocks of the processes
 * that wrote them agree with this one.
 */
export async function checkRecords(options: StagedoorOptions, signal: AbortSignal): Promise<Finding[]> {
  const settings = connectionsSettings({ ...options, provider: spotifyProvider })
  let records: readonly StoredConnection[]
  try {
    records = await settings.store.list({ provider: spotifyProvider.id, limit: sampleSize }, { signal })
  } catch (error) {
    return [problem('connections', error)]
  }
  if (records.length === 0)
    return [ok('connections', 'The store has no connections yet.'), ok('clock', 'Nothing to compare with.')]
  return [await checkTokens(settings, records, signal), checkClock(records, Date.now())]
}

async function checkTokens(
  settings: ReturnType<typeof connectionsSettings>,
  records: readonly StoredConnection[],
  signal: AbortSignal,
): Promise<Finding> {
  const check = 'connections'
  const seal = createTokenSeal(settings)
  const recordByKey = new Map(records.map((record) => [record.accessToken.keyId, record]))
  try {
    for (const { ownerId, accessToken } of recordByKey.values())
      await seal.open(ownerId, 'access', accessToken, { signal })
  } catch (error) {
    return problem(check, error)
  }
  const stale = [...recordByKey.keys()].filter((keyId) => keyId !== settings.vault.keyId).length
  if (stale === 0) return ok(check, `One of ${records.length} was decrypted with the current key.`)
  return {
    check,
    status: 'warning',
    message: 'Some connections are still under a retired key; they can be decrypted.',
    action: 'Run "npx stagedoor rotate" to move them to the current key.',
  }
}

function checkClock(records: readonly StoredConnection[], now: number): Finding {
  const ahead = Math.max(...records.map(({ updatedAt }) => updatedAt)) - now
  if (ahead <= maxSkew) return ok('clock', 'No record was written in the future.')
  return {
    check: 'clock',
    status: 'problem',
    code: 'CLOCK_SKEW',
    message: `A record was written ${Math.round(ahead / 1000)} s in the future: the clock of another process is ahead, or this one is behind.`,
    action: 'Synchronize the clocks of all machines that share the store (NTP).',
  }
}
