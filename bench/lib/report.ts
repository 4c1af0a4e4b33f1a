import { cpus } from 'node:os'
import { chart } from './chart.ts'
import { type Row, short, table } from './rows.ts'

export interface Result {
  readonly name: string
  readonly about: string
  readonly rows: readonly Row[]
  readonly seconds: number
}

/** The files of the report below `docs/`: the page, and a chart per benchmark. */
export function report(results: readonly Result[]): Map<string, string> {
  const files = new Map<string, string>()
  const sections = results.map(({ name, about, rows, seconds }) => {
    const image = chart(name, rows)
    if (image !== undefined) files.set(`images/bench-${name}.svg`, image)
    const picture = image === undefined ? '' : `\n![${about}](images/bench-${name}.svg)\n`
    return `## ${name}\n\n${about} Took ${Math.round(seconds)} s.\n${picture}\n${table(rows)}\n${wins(rows)}`
  })
  const cpu = cpus()
  files.set(
    'benchmarks.md',
    `# Benchmarks

This page is written by \`npm run bench -- --report\`; do not edit it.

Run on ${new Date().toISOString().slice(0, 10)} with Node ${process.version} on ${process.platform}, ${cpu.length} × ${cpu[0]?.model.trim() ?? 'unknown'}. The machine is shared, so read the ratios and not the times: subjects are interleaved call by call in one process where possible, a timed call is the median of at least seven rounds after warm-up, and the floor is measured against itself; counts, and runs over 100,000 connections, are repeated less often. Spotify and the KMS services are stand-ins on the same machine.

Repeat all of it with \`npm run bench\`, one with \`npm run bench -- vault\`; \`--json\` prints one object per row, \`--full\` adds the long cases. The exit status is 1 when a target is missed. Peers are installed in \`bench/\` only.

${sections.join('\n')}
${missed(results)}`,
  )
  return files
}

/** Names the targets that this run did not meet. */
function missed(results: readonly Result[]): string {
  const rows = results.flatMap((result) => result.rows).filter((row) => row.pass === false)
  if (rows.length === 0) return '## Targets\n\nThis run met every one.\n'
  const line = (row: Row): string => {
    const ratio = row.ratioToFloor === undefined ? '' : `, ${row.ratioToFloor.toFixed(2)} × floor`
    return `- ${row.bench}, ${row.case}, ${row.subject}: ${short(row.value)} ${row.unit}${ratio}; the target is ${row.target}`
  }
  return `## Targets\n\nThis run did not meet these. [What was tried](decisions/0013-targets-that-are-missed.md).\n\n${rows.map(line).join('\n')}\n`
}

/** Lists the cases in which another library is better. */
function wins(rows: readonly Row[]): string {
  const better = rows.flatMap((row) => {
    const own = rows.find((other) => other.case === row.case && other.subject.startsWith('ours'))
    if (own === undefined || row.subject.startsWith('ours') || row.subject.startsWith('floor')) return []
    const higherIsBetter = /utilisation|\/s$|%/.test(row.unit)
    const wins = higherIsBetter ? row.value > own.value : row.value < own.value
    return wins ? [`${row.subject} (${row.case})`] : []
  })
  return better.length === 0 ? '' : `\nBetter than ours here: ${better.join(', ')}.\n`
}
