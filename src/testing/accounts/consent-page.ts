import { escapeHtml } from '../../internal/html.ts'
import type { FakeUser } from '../user.ts'
import type { AuthorizationRequest } from './authorize.ts'
import { page } from './page.ts'
import { scopeDescription } from './scopes.ts'

interface ConsentInput {
  readonly request: AuthorizationRequest
  readonly action: string
  readonly users: readonly FakeUser[]
  readonly selected: FakeUser | undefined
}

/** The page on which the user selects an account and approves or denies access. */
export function consentPage({ request, action, users, selected }: ConsentInput): string {
  const scopes = request.scopes.map(
    (scope) => `<li><span>${escapeHtml(scopeDescription(scope))}</span><code>${escapeHtml(scope)}</code></li>`,
  )
  const accounts = users.map((user) => account(user, user === selected))
  return page(
    'Connect an account',
    `<p class="who"><code>${escapeHtml(request.client.clientId)}</code> requests access to a Spotify account.</p>
<form method="post" action="${escapeHtml(action)}">
<fieldset><legend>Sign in as</legend>${accounts.join('')}</fieldset>
<section aria-labelledby="may"><h2 id="may">This allows it to</h2>
<ul>${scopes.length === 0 ? '<li><span>See your public profile</span></li>' : scopes.join('')}</ul></section>
<p class="back">Afterwards the browser goes to <code>${escapeHtml(new URL(request.redirectUri).origin)}</code>.</p>
<div class="buttons"><button name="decision" value="approve">Agree</button><button name="decision" value="deny" class="quiet">Cancel</button></div>
</form>`,
  )
}

/** The error page for an invalid client id or redirect URI; there is no redirect to the application. */
export function problemPage(problem: string): string {
  return page('Something went wrong', `<p role="alert" class="problem">${escapeHtml(problem)}</p>`)
}

function account(user: FakeUser, checked: boolean): string {
  const name = user.displayName ?? user.id
  const notes = [user.product === 'premium' ? 'Premium' : 'Free', user.country]
  if (!user.allowlisted) notes.push('not on the allowlist')
  return `<label><input type="radio" name="user" value="${escapeHtml(user.id)}"${checked ? ' checked' : ''} required>
<span class="face" aria-hidden="true">${escapeHtml(name.slice(0, 1).toUpperCase())}</span>
<span><strong>${escapeHtml(name)}</strong><small>${escapeHtml(notes.join(' · '))}</small></span></label>`
}
