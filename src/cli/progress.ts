import { progress as progressBar } from '@clack/prompts'
import type { Context } from './context.ts'

/** Shows the progress of a long command. */
interface Progress {
  update(done: number, text: string): void
  end(text: string): void
}

const lineInterval = 5000

/** Shows a bar on a terminal, elsewhere a line every few seconds, and nothing with `--json`. */
export function createProgress({ terminal, output }: Context, title: string, total: number): Progress {
  if (output.json) return { update() {}, end() {} }
  if (terminal.stderr.isTTY === true) {
    const bar = progressBar({ max: Math.max(1, total), style: 'heavy', output: process.stderr })
    let shown = 0
    bar.start(title)
    return {
      update(done, text) {
        bar.advance(done - shown, text)
        shown = done
      },
      end: (text) => bar.stop(text),
    }
  }
  let last = Number.NEGATIVE_INFINITY
  output.note(title)
  return {
    update(done, text) {
      const now = performance.now()
      if (now - last < lineInterval && done < total) return
      last = now
      output.note(text)
    },
    end: (text) => output.note(text),
  }
}

/** Formats seconds: `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function timeLeft(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
