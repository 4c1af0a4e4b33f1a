/** One measured figure. */
export interface Row {
  readonly bench: string
  readonly case: string
  readonly subject: string
  readonly value: number
  readonly unit: string
  /** The value over the floor's, in the same run. */
  readonly ratioToFloor?: number
  /** The target as text: `≤ 1.25 × floor`. */
  readonly target?: string
  readonly pass?: boolean
}

/** What a suite may use. */
export interface Context {
  /** Whether to run the long cases too. */
  readonly full: boolean
  /** Prints progress; silent with `--json`. */
  note(text: string): void
}

export interface Suite {
  /** One sentence on what is measured. */
  readonly about: string
  run(context: Context): AsyncIterable<Row>
}

/** A number in at most four significant digits. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}

/** Rows as a Markdown table. */
export function table(rows: readonly Row[]): string {
  const head = ['case', 'subject', 'value', 'unit', '× floor', 'target', '']
  const body = rows.map((row) => [
    row.case,
    row.subject,
    short(row.value),
    row.unit,
    row.ratioToFloor === undefined ? '' : row.ratioToFloor.toFixed(2),
    row.target ?? '',
    row.pass === undefined ? '' : row.pass ? 'met' : 'MISSED',
  ])
  const widths = head.map((title, column) =>
    Math.max(title.length, 3, ...body.map((line) => line[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body.map(line)].join('\n')
}
