import { compareCodePoints } from '../common/code-points.ts'
import { reportCorrupt } from '../common/record.ts'
import type { StoredRecord, StoreOptions } from '../store.ts'
import { fromRow, type Parameter, type Row } from './row.ts'

const minPageSize = 100

/** Reads about `size` rows in order, those behind `last`. */
type ReadPage = (last: Row | undefined, size: number) => Promise<readonly Row[]>

/**
 * Up to `limit` valid records; corrupt rows are reported and skipped, so a short page is the last one.
 * Further pages are long, because they are only read to get past corrupt rows, unless reading them has an effect.
 */
export async function validRecords(
  options: Pick<StoreOptions, 'onCorrupt'>,
  query: { readonly provider: string; readonly limit: number; readonly exact?: boolean },
  page: ReadPage,
): Promise<readonly StoredRecord[]> {
  const { provider, limit, exact = false } = query
  const found: StoredRecord[] = []
  let last: Row | undefined
  for (let size = limit; ; size = exact ? limit - found.length : Math.max(limit, minPageSize)) {
    const rows = await page(last, size)
    for (const row of rows) {
      const record = fromRow(row)
      if (typeof record !== 'string') found.push(record)
      else
        reportCorrupt(options, { provider, ownerId: shownText(row.owner_id), account: shownText(row.account) }, record)
      if (found.length === limit) return found
    }
    if (rows.length < size) return found
    last = rows.at(-1)
  }
}

/** For reports and sorting: bytes that are not UTF-8 become U+FFFD. */
function shownText(value: unknown): string {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : `${value}`
}

/** For the next page: the exact value, otherwise a row that cannot be decoded would be read again and again. */
export function exactValue(value: unknown): Parameter {
  if (value instanceof Uint8Array || typeof value === 'number') return value
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : `${value}`
}

/** The order of rows of one provider by owner and account. */
export function compareRows(a: Row, b: Row): number {
  return (
    compareCodePoints(shownText(a.owner_id), shownText(b.owner_id)) ||
    compareCodePoints(shownText(a.account), shownText(b.account))
  )
}

/** The order of rows of one provider by the time of the next check, then by owner and account. */
export function compareDueRows(a: Row, b: Row): number {
  return Number(a.next_check_at) - Number(b.next_check_at) || compareRows(a, b)
}
