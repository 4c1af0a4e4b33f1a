import { readdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { report } from './lib/report.ts'
import { type Row, type Suite, table } from './lib/rows.ts'

const order = [
  'vault',
  'kms-calls',
  'client',
  'library',
  'limiter',
  'cluster',
  'stampede',
  'stores',
  'reseal',
  'start',
  'memory',
  'fake',
]
const available = readdirSync(new URL('suites', import.meta.url)).map((file) => file.replace(/\.ts$/, ''))

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, full: { type: 'boolean' }, report: { type: 'boolean' } },
})
const unknown = positionals.filter((name) => !available.includes(name))
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}. There are: ${order.join(', ')}.\n`)
  process.exit(2)
}
const print = (text: string): void => void (values.json ? undefined : process.stdout.write(`${text}\n`))
const names = positionals.length > 0 ? positionals : order.filter((name) => available.includes(name))
const results: { name: string; about: string; rows: Row[]; seconds: number }[] = []

print(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`)
for (const name of names) {
  const suite = (await import(`./suites/${name}.ts`)) as Suite
  print(`## ${name}\n\n${suite.about}\n`)
  const started = performance.now()
  const rows: Row[] = []
  for await (const row of suite.run({ full: values.full === true, note: (text) => print(`… ${text}`) })) {
    rows.push(row)
    if (values.json) process.stdout.write(`${JSON.stringify(row)}\n`)
  }
  results.push({ name, about: suite.about, rows, seconds: (performance.now() - started) / 1000 })
  print(`${table(rows)}\n`)
}
if (values.report) {
  for (const [file, content] of report(results)) writeFileSync(new URL(`../docs/${file}`, import.meta.url), content)
  print('Wrote docs/benchmarks.md and its charts.')
}
const missed = results.flatMap(({ rows }) => rows).filter((row) => row.pass === false)
for (const row of missed) print(`Missed: ${row.bench} / ${row.case} / ${row.subject}: ${row.target}`)
process.exit(missed.length > 0 ? 1 : 0)
