import type { StagedoorOptions } from '../../config.ts'
import { createOAuth } from '../../oauth/oauth.ts'
import { spotifyProvider } from '../../oauth/providers/spotify.ts'
import { type Finding, ok, problem } from '../finding.ts'

const maxSkew = 5000

/** Checks that Spotify responds and accepts the client, and that its clock agrees with this one. */
export async function checkOnline(options: StagedoorOptions, signal: AbortSignal): Promise<Finding[]> {
  const dates: number[] = []
  const send = options.fetch ?? fetch
  const oauth = createOAuth({
    ...options,
    provider: spotifyProvider,
    async fetch(input, init) {
      const before = Date.now()
      const response = await send(input, init)
      const date = Date.parse(response.headers.get('date') ?? '')
      if (!Number.isNaN(date)) dates.push(date + 500 - (before + Date.now()) / 2)
      return response
    },
  })
  const check = 'spotify'
  const findings: Finding[] = []
  if (options.clientSecret === undefined) {
    findings.push({ check, status: 'skipped', message: 'A client without a secret cannot be checked without a user.' })
  } else {
    try {
      await oauth.clientCredentials({ signal })
      findings.push(ok(check, 'Accepts the client id and its secret.'))
    } catch (error) {
      return [problem(check, error)]
    }
  }
  const [skew] = dates
  if (skew === undefined) return findings
  if (Math.abs(skew) <= maxSkew) return [...findings, ok('clock', "Agrees with Spotify's clock.")]
  const message = `This machine's clock is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? 'behind' : 'ahead'}.`
  return [
    ...findings,
    { check: 'clock', status: 'problem', code: 'CLOCK_SKEW', message, action: 'Synchronize the clock (NTP).' },
  ]
}
