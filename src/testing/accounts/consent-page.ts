import type { FakeUser } from '../user.ts'
import type { AuthorizationRequest } from './authorize.ts'
import { escapeHtml, page } from './page.ts'
import { scopeMeaning } from './scopes.ts'

interface ConsentInput {
  readonly request: AuthorizationRequest
  readonly action: string
  readonly users: readonly FakeUser[]
  readonly selected: FakeUser | undefined
}

/** The page on which somebody picks an account and says yes or no. */
export function consentPage({ request, action, users, selected }: ConsentInput): string {
  const scopes = request.scopes.map(
    (scope) => `<li><span>${escapeHtml(scopeMeaning(scope))}</span><code>${escapeHtml(scope)}</code></li>`,
  )
  const accounts = users.map((user) => account(user, user === selected))
  return page(
    'Connect an account',
    `<p class="who"><code>${escapeHtml(request.client.clientId)}</code> asks to act on a Spotify account.</p>
<form method="post" action="${escapeHtml(action)}">
<fieldset><legend>Sign in as</legend>${accounts.join('')}</fieldset>
<section aria-labelledby="may"><h2 id="may">It may then</h2>
<ul>${scopes.length === 0 ? '<li><span>See your public profile</span></li>' : scopes.join('')}</ul></section>
<p class="back">Afterwards the browser goes to <code>${escapeHtml(new URL(request.redirectUri).origin)}</code>.</p>
<div class="buttons"><button name="decision" value="approve">Agree</button><button name="decision" value="deny" class="quiet">Cancel</button></div>
</form>`,
  )
}

/** The page that a wrong client id or redirect URI leads to; the application's callback is never called. */
export function problemPage(problem: string): string {
  return page('Something is wrong', `<p role="alert" class="problem">${escapeHtml(problem)}</p>`)
}

function account(user: FakeUser, checked: boolean): string {
  const name = user.displayName ?? user.id
  const notes = [user.product === 'premium' ? 'Premium' : 'Free', user.country]
  if (!user.allowlisted) notes.push('not on the allowlist')
  return `<label><input type="radio" name="user" value="${escapeHtml(user.id)}"${checked ? ' checked' : ''} required>
<span class="face" aria-hidden="true">${escapeHtml(name.slice(0, 1).toUpperCase())}</span>
<span><strong>${escapeHtml(name)}</strong><small>${escapeHtml(notes.join(' · '))}</small></span></label>`
}
