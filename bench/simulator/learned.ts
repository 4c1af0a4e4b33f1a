import { LearnedWindow, type Ticket } from '../../src/limits/adaptive/learned-window.ts'
import type { WindowOptions } from '../../src/limits/options.ts'
import type { Algorithm } from './simulate.ts'

/** The learned window with a pause of all scopes, as the limiters combine them. */
export function learned(options: WindowOptions = {}): Algorithm & { readonly window: LearnedWindow } {
  const window = new LearnedWindow(options, 0)
  let pausedUntil = 0
  return {
    window,
    wait: (now) => (now < pausedUntil ? pausedUntil - now : window.wait(now)),
    send: (now) => window.send(now),
    onResponse(now, sent, retryAt) {
      if (retryAt !== undefined) {
        pausedUntil = Math.max(pausedUntil, retryAt)
        window.throttled(sent as Ticket, pausedUntil, now)
      }
      window.ended(sent as Ticket, now, retryAt !== undefined)
    },
  }
}
