import { type Connection, type Health, type HealthStatus, isStagedoorError } from 'stagedoor'

const plain: Readonly<Record<HealthStatus, string>> = {
  healthy: 'Everything works.',
  refresh_due: 'Works. The access token is about to be renewed, by itself.',
  degraded: 'Spotify does not renew the access at the moment. We keep trying; nothing is lost.',
  reauth_due_soon: 'Works, but the permission ends soon. Reconnect before it does.',
  needs_reauth: 'The permission has ended or was taken back. Please reconnect.',
  disconnected: 'Not connected.',
}

const titles: Readonly<Record<HealthStatus, string>> = {
  healthy: 'Healthy',
  refresh_due: 'Renewal due',
  degraded: 'Degraded',
  reauth_due_soon: 'Reconnect soon',
  needs_reauth: 'Reconnect needed',
  disconnected: 'Disconnected',
}

/** A person's words for a health status. */
export function healthWords(health: Health): { readonly title: string; readonly text: string; readonly api: string } {
  const { status, until } = health.api
  const api = {
    ok: 'Spotify responds.',
    rate_limited: `Spotify asked us to slow down${until === undefined ? '' : ` until ${time(until)}`}.`,
    quota_exceeded: `The daily quota is used up${until === undefined ? '' : ` until ${dateTime(until)}`}.`,
    circuit_open: `Spotify does not respond${until === undefined ? '' : `; next try at ${time(until)}`}.`,
  }[status]
  return { title: titles[health.status], text: plain[health.status], api }
}

/** A person's words for a failed call. */
export function errorWords(error: unknown): string {
  if (!isStagedoorError(error)) return 'Something unexpected happened.'
  switch (error.code) {
    case 'API_RATE_LIMITED':
    case 'API_QUOTA_EXCEEDED':
    case 'API_CIRCUIT_OPEN': {
      const when = error.retryAt === undefined ? '' : ` Next try at ${dateTime(new Date(error.retryAt))}.`
      return `${error.message}${when}`
    }
    default:
      return error.message
  }
}

/** Whole days from now until a connection needs the user again. */
export function daysLeft(connection: Connection, now = Date.now()): number {
  return Math.max(0, Math.floor((connection.reauthorizeBy.getTime() - now) / 86_400_000))
}

export function dateTime(date: Date): string {
  return date.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
}

function time(date: Date): string {
  return date.toLocaleTimeString('en-GB')
}
