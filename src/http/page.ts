import { base64url, randomBytes } from '../internal/bytes.ts'
import type { Problem } from './problem.ts'

export interface Page {
  readonly html: string
  /** Allows the page's own style, and no other, in its Content-Security-Policy. */
  readonly nonce: string
}

interface Link {
  readonly href: string
  readonly text: string
}

const style = `:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;font:1rem/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}
main{max-width:28rem;padding:2rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem}
p{margin:0 0 1rem}
a{color:LinkText;margin-right:1.25rem}
code{font-size:.875rem}`

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => escapes[char] ?? char)
}

function render(title: string, head: string, body: string): Page {
  const nonce = base64url(randomBytes(16))
  const document = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${head}<title>${escapeHtml(title)}</title>
<style nonce="${nonce}">${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`
  return { html: document, nonce }
}

function anchor({ href, text }: Link): string {
  return `<a href="${escapeHtml(href)}">${escapeHtml(text)}</a>`
}

/** The page for a failed sign-in where the host named no page of its own. */
export function problemPage(problem: Problem, links: readonly Link[]): Page {
  const body = `<p>${escapeHtml(problem.detail)}</p>
<p>${links.map(anchor).join('\n')}</p>
<p><code>${escapeHtml(problem.code)}</code></p>`
  return render(problem.title, '', body)
}

/**
 * Repeats a navigation from our own origin. A browser leaves SameSite=Strict cookies out of the provider's redirect;
 * it sends them along when a page of the same site navigates.
 */
export function repeatPage(path: string): Page {
  const head = `<meta http-equiv="refresh" content="0;url=${escapeHtml(path)}">\n`
  return render('One moment', head, `<p>${anchor({ href: path, text: 'Continue' })}</p>`)
}
