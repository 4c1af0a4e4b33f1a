import { type Row, short } from './rows.ts'

const bar = 22
const gap = 6
const label = 330
const width = 860

/** Horizontal bars, a group per case, readable in light and dark. `undefined` when there is nothing to compare. */
export function chart(name: string, rows: readonly Row[]): string | undefined {
  const cases = [...new Set(rows.map((row) => row.case))].slice(0, 12)
  if (rows.length < 2) return undefined
  let y = 8
  const parts: string[] = []
  for (const each of cases) {
    const group = rows.filter((row) => row.case === each)
    const most = Math.max(...group.map((row) => row.value))
    parts.push(`<text x="0" y="${y + 15}" class="case">${escaped(each)}</text>`)
    y += 24
    for (const row of group) {
      const length = most > 0 ? Math.max(1, (row.value / most) * (width - label - 190)) : 1
      const own = row.subject.startsWith('ours') ? 'own' : row.subject.startsWith('floor') ? 'floor' : 'peer'
      const ratio = row.ratioToFloor === undefined ? '' : ` · ${row.ratioToFloor.toFixed(2)} ×`
      parts.push(
        `<text x="${label - 10}" y="${y + 15}" text-anchor="end">${escaped(row.subject)}</text>`,
        `<rect x="${label}" y="${y}" width="${length.toFixed(1)}" height="${bar - 4}" rx="3" class="${own}"/>`,
        `<text x="${label + length + 8}" y="${y + 15}">${escaped(`${short(row.value)} ${row.unit}${ratio}`)}</text>`,
      )
      y += bar
    }
    y += gap + 6
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" role="img" aria-label="${escaped(name)}"><title>${escaped(name)}</title><style>text{font:13px system-ui,sans-serif;fill:#3b3540}.case{font-weight:600}.own{fill:#6a2a5b}.floor{fill:#b9b0a4}.peer{fill:#d39a48}@media(prefers-color-scheme:dark){text{fill:#e9e2ec}.own{fill:#f0b35a}.floor{fill:#5d5466}.peer{fill:#9a7fb0}}</style>${parts.join('')}</svg>\n`
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
}
