import type { PairedTime } from './measure.ts'
import type { Row } from './rows.ts'

export interface Target {
  readonly subject: string
  readonly atMost: number
}

/** Rows of subjects, each with its ratio to the floor that it took turns with. */
export function* compared(
  bench: string,
  name: string,
  values: Readonly<Record<string, PairedTime>>,
  unit: string,
  ...targets: readonly Target[]
): Generator<Row> {
  for (const [subject, { value, floor }] of Object.entries(values)) {
    const ratioToFloor = value / floor
    const target = targets.find((each) => each.subject === subject)
    const verdict = target && { target: `≤ ${target.atMost} × floor`, pass: ratioToFloor <= target.atMost }
    yield { bench, case: name, subject, value, unit, ratioToFloor, ...verdict }
  }
}
