import { setTimeout as sleep } from 'node:timers/promises'
import { isStagedoorError, type SpotifyClient } from 'stagedoor'
import { dateTime, errorWords } from './words.ts'

/** The progress of an export. `waiting` continues by itself, `stopped` can be resumed at `done`. */
export interface Progress {
  readonly state: 'running' | 'waiting' | 'stopped' | 'finished'
  readonly done: number
  readonly total: number
  readonly text: string
}

export interface ExportedTrack {
  readonly name: string
  readonly artists: string
  readonly album: string
  readonly added: string
}

const longestWait = 120_000

/**
 * Reads a whole library, page by page. A rate limit is waited out in the open: short waits are shown and then the
 * export continues where it was; a wait of hours stops it with the reason and the time.
 */
export async function* exportLibrary(
  client: SpotifyClient,
  rows: ExportedTrack[],
  signal: AbortSignal,
): AsyncGenerator<Progress, void> {
  let total = rows.length
  while (!signal.aborted) {
    try {
      const pages = client.library.tracks({ limit: 50, offset: rows.length }, { signal, maxWait: 1000 }).pages()
      for await (const page of pages) {
        total = page.total ?? total
        // A row that Spotify leaves empty counts too: the next page begins behind it.
        for (const row of page.items) {
          rows.push({
            name: row?.track?.name ?? '',
            artists: (row?.track?.artists ?? []).map((artist) => artist?.name ?? '').join(', '),
            album: row?.track?.album?.name ?? '',
            added: row?.added_at ?? '',
          })
        }
        yield { state: 'running', done: rows.length, total, text: `${rows.length} of ${total} tracks` }
      }
      return yield {
        state: 'finished',
        done: rows.length,
        total: rows.length,
        text: `All ${rows.length} tracks are here.`,
      }
    } catch (error) {
      if (signal.aborted) return
      const retryAt = isStagedoorError(error) && error.name === 'SpotifyApiError' ? error.retryAt : undefined
      const wait = retryAt === undefined ? undefined : retryAt - Date.now()
      if (wait === undefined || wait > longestWait) {
        return yield { state: 'stopped', done: rows.length, total, text: errorWords(error) }
      }
      yield {
        state: 'waiting',
        done: rows.length,
        total,
        text: `Spotify asked us to slow down. Going on at ${new Date(Date.now() + wait).toLocaleTimeString('en-GB')}.`,
      }
      await sleep(Math.max(0, wait) + 50, undefined, { signal }).catch(() => {})
    }
  }
}

/** The exported tracks as comma-separated values, quoted so that a spreadsheet runs no formula in them. */
export function toCsv(rows: readonly ExportedTrack[]): string {
  const cell = (text: string): string => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`
  const line = (row: ExportedTrack): string =>
    [row.name, row.artists, row.album, row.added && dateTime(new Date(row.added))].map(cell).join(',')
  return ['name,artists,album,added', ...rows.map(line)].join('\r\n')
}
