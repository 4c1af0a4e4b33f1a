import { escapeHtml } from '../../internal/html.ts'
import { page } from '../accounts/page.ts'
import type { FakeSpotify } from '../fake-spotify.ts'
import type { FakeUser } from '../user.ts'

type Fields = Readonly<Record<string, string | number | boolean>>

/** The page at the server's root: the state of the fake, and buttons for what tests do in code. */
export function controlPage(fake: FakeSpotify): string {
  const { state, clock } = fake
  const time = new Date(clock.now()).toISOString().slice(0, 19).replace('T', ' ')
  return page(
    'Control',
    `<p>The time is <strong>${time}</strong> UTC. Applications are in mode <strong>${escapeHtml(state.appMode)}</strong>;
their owner ${state.ownerPremium ? 'has' : 'does not have'} Premium.</p>
${section('Time', hour + days + months)}
${section('Next request', faultButtons)}
${section('State', `${owner(state.ownerPremium)}${button('faults/clear', 'Remove all faults', {})}${button('reset', 'Reset', {})}`)}
<h2>Users</h2>
<table class="stacked"><thead><tr><th>User</th><th>Account</th><th>Change</th></tr></thead><tbody>${[...state.users.values()].map(userRow).join('')}</tbody></table>
<h2>Faults</h2>
${faultList(fake)}
<h2>Latest requests of ${fake.requests.all.length}</h2>
<table><thead><tr><th>Request</th><th>User</th><th>Response</th></tr></thead><tbody>${requestRows(fake)}</tbody></table>
<p class="back">The same functions are available as JSON under <code>/_fake/</code>: state, requests, tokens, grants, faults, clock, revoke, approve, reset.</p>`,
    'wide',
  )
}

const hour = button('clock', 'Advance one hour', { advance: 3_600_000 })
const days = button('clock', 'Advance one day', { advance: 86_400_000 })
const months = button('clock', 'Advance six months', { advance: 184 * 86_400_000 })
const faultButtons = [
  button('faults', '429, Retry-After 5 s', { path: '/v1/*', status: 429, retryAfter: 5 }),
  button('faults', 'Quota exceeded', { path: '/v1/*', status: 429, reason: 'QUOTA_EXCEEDED', retryAfter: 50_000 }),
  button('faults', '502', { path: '/v1/*', status: 502 }),
  button('faults', 'Cut the connection', { path: '/v1/*', cut: 'middle' }),
  button('faults', '401', { path: '/v1/*', status: 401 }),
  button('faults', 'False invalid_grant', { invalidGrant: true }),
].join('')

function owner(premium: boolean): string {
  return button('state', premium ? "End the owner's Premium" : "Renew the owner's Premium", {
    ownerPremium: !premium,
  })
}

function section(title: string, buttons: string): string {
  return `<h2>${title}</h2><div class="buttons">${buttons}</div>`
}

function button(action: string, label: string, fields: Fields): string {
  const inputs = Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(String(value))}">`)
    .join('')
  return `<form method="post" action="/_fake/${escapeHtml(action)}">${inputs}<button class="quiet">${escapeHtml(label)}</button></form>`
}

function userRow(user: FakeUser): string {
  const path = `users/${encodeURIComponent(user.id)}`
  const other = user.product === 'premium' ? 'free' : 'premium'
  return `<tr><td>${escapeHtml(user.displayName ?? user.id)}</td>
<td>${user.product}, ${escapeHtml(user.country)}${user.allowlisted ? '' : ', not on the allowlist'}</td>
<td><div class="buttons">${button(path, other === 'free' ? 'Make free' : 'Make Premium', { product: other })}
${button(path, user.allowlisted ? 'Remove from the allowlist' : 'Add to the allowlist', { allowlisted: !user.allowlisted })}
${button('revoke', 'Revoke grants', { user: user.id })}</div></td></tr>`
}

function faultList(fake: FakeSpotify): string {
  const items = fake.faults.map(({ rule, hits }) => {
    const { path, ...rest } = rule
    const text = JSON.stringify(path === undefined ? rest : { path: String(path), ...rest })
    return `<li><code>${escapeHtml(text)}</code><span>applied ${hits} ${hits === 1 ? 'time' : 'times'}</span></li>`
  })
  return items.length === 0 ? '<p>None</p>' : `<ul>${items.join('')}</ul>`
}

function requestRows(fake: FakeSpotify): string {
  const rows = fake.requests.all.slice(-20).reverse()
  if (rows.length === 0) return '<tr><td colspan="3">None yet</td></tr>'
  return rows
    .map((entry) => {
      const outcome = entry.status === 0 ? 'cut' : String(entry.status ?? '…')
      const fault = entry.faults.length > 0 ? ', from a fault' : ''
      return `<tr><td><code>${entry.method} ${escapeHtml(entry.path)}</code></td><td>${escapeHtml(entry.user ?? '')}</td><td>${outcome}${fault}</td></tr>`
    })
    .join('')
}
