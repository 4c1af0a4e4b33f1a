import type { Stagedoor } from 'stagedoor'
import { newVisitor, visitorOf } from './visitor.ts'

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (char) => escapes[char] ?? char)

/** The one page of every example: the connected account and its first saved tracks, or a link to connect. */
export async function home(
  stagedoor: Stagedoor,
  cookies: string | null | undefined,
  secure: boolean,
): Promise<Response> {
  const visitor = visitorOf(cookies)
  const headers = new Headers({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
  if (visitor === undefined) headers.append('set-cookie', newVisitor(secure))
  const body = visitor === undefined ? connect : await account(stagedoor, visitor)
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><title>Saved tracks</title><main>${body}</main></html>`
  return new Response(html, { headers })
}

const connect = '<h1>Saved tracks</h1><p><a href="/api/v1/spotify/auth?returnTo=/">Connect Spotify</a></p>'
const disconnect = `<button type="button">Disconnect</button><script>
document.querySelector('button').onclick = () =>
  fetch('/api/v1/spotify/connection', { method: 'DELETE' }).then(() => location.reload())
</script>`

async function account(stagedoor: Stagedoor, visitor: string): Promise<string> {
  const connection = await stagedoor.connections.get(visitor)
  if (connection?.status !== 'connected') return connect
  const tracks = await stagedoor.client(visitor).library.tracks().toArray({ max: 10 })
  const items = tracks.map(({ track }) => `<li>${escapeHtml(track.name)}</li>`)
  return `<h1>${escapeHtml(connection.accountName ?? 'Your')} saved tracks</h1><ol>${items.join('')}</ol>${disconnect}`
}
