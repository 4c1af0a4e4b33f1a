import { escapeHtml } from '../../internal/html.ts'

/** An HTML page of the fake, light or dark as the browser prefers. */
export function page(title: string, body: string, width: 'narrow' | 'wide' = 'narrow'): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Fake Spotify</title><style>${style}</style></head>
<body><main class="${width}"><p class="badge">Fake Spotify · for tests only</p><h1>${escapeHtml(title)}</h1>
${body}</main></body></html>`
}

const style = `
:root{color-scheme:light dark;--ground:#f4f2ee;--card:#fffdf9;--ink:#1d1b18;--soft:#5d574e;--line:#ddd6ca;--accent:#0b6b4f;--on:#fff;--tint:#e3f1ea;--bad:#9b1c1c}
@media(prefers-color-scheme:dark){:root{--ground:#14130f;--card:#1e1c18;--ink:#f1ede4;--soft:#b5ad9f;--line:#3a362f;--accent:#5fd3a6;--on:#08241a;--tint:#1d3329;--bad:#ff9c9c}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:30rem;width:100%;background:var(--card);border:1px solid var(--line);border-radius:1rem;padding:clamp(1.25rem,5vw,2.25rem)}
main.wide{max-width:56rem}
.wide h2{margin-top:1.5rem}
.wide button{flex:none;min-height:2.25rem;padding:0 .875rem;font-size:.875rem}
.badge{margin:0;color:var(--soft);font-size:.8125rem;letter-spacing:.02em}
h1{margin:.25rem 0 .75rem;font-size:1.625rem;line-height:1.2}
h2,legend{font-size:.9375rem;font-weight:600;margin:0 0 .5rem;padding:0}
code{font:.875em ui-monospace,monospace;overflow-wrap:anywhere}
fieldset{border:0;margin:1.25rem 0;padding:0;display:grid;gap:.5rem}
label{display:flex;align-items:center;gap:.75rem;border:1px solid var(--line);border-radius:.75rem;padding:.625rem .875rem;cursor:pointer}
label:has(:checked){border-color:var(--accent);background:var(--tint)}
label:has(:focus-visible),button:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
input[type=radio]{accent-color:var(--accent);width:1.125rem;height:1.125rem;margin:0}
.face{display:grid;place-items:center;width:2.25rem;height:2.25rem;border-radius:50%;background:var(--accent);color:var(--on);font-weight:600}
small{display:block;color:var(--soft)}
ul{list-style:none;margin:0;padding:0}
li{display:grid;padding:.5rem 0;border-top:1px solid var(--line)}
li code,.back{color:var(--soft)}
.buttons{display:flex;gap:.75rem;flex-wrap:wrap}
button{flex:1 1 8rem;min-height:2.75rem;border:1px solid var(--accent);border-radius:2rem;background:var(--accent);color:var(--on);font:600 1rem system-ui,sans-serif;cursor:pointer}
button.quiet{background:transparent;color:var(--ink);border-color:var(--line)}
.problem{color:var(--bad);font-weight:600;overflow-wrap:anywhere}
table{width:100%;border-collapse:collapse;font-size:.875rem}
th,td{text-align:left;padding:.375rem .5rem .375rem 0;border-top:1px solid var(--line);overflow-wrap:break-word}
td code{overflow-wrap:anywhere}
@media(max-width:40rem){.stacked thead{display:none}.stacked tr{display:block;border-top:1px solid var(--line);padding:.5rem 0}.stacked td{display:block;border:0}}`
