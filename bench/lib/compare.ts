import type { Row } from './rows.ts'

/** Rows of subjects beside their floor, with a target for one of them. */
export function* compared(
  bench: string,
  name: string,
  values: Readonly<Record<string, number>>,
  unit: string,
  target?: { readonly subject: string; readonly atMost: number; readonly words?: string },
): Generator<Row> {
  const floor = values.floor as number
  for (const [subject, value] of Object.entries(values)) {
    const ratioToFloor = value / floor
    yield {
      bench,
      case: name,
      subject,
      value,
      unit,
      ratioToFloor,
      ...(target?.subject === subject
        ? { target: target.words ?? `≤ ${target.atMost} × floor`, pass: ratioToFloor <= target.atMost }
        : {}),
    }
  }
}
