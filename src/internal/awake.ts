/** How often the event loop polls for one piece of work, at most: well under a millisecond. */
const patience = 100
// As it was when this was loaded: a test's fake clock must not find callbacks in it.
const later = (globalThis as { setImmediate?: (callback: () => void) => unknown }).setImmediate

let pending = 0
let left = 0
let polling = false

/**
 * Lets the event loop poll for as long as a piece of work takes that another thread does in some microseconds: on a
 * virtual machine it takes longer to wake a process that has gone to sleep than to decrypt a token. Call what it
 * returns when the work has ended. Does nothing on platforms without `setImmediate`.
 */
export function stayAwake(): () => void {
  pending++
  left = patience
  if (!polling && later !== undefined) {
    polling = true
    later(poll)
  }
  return rest
}

function poll(): void {
  polling = pending > 0 && left-- > 0
  if (polling) later?.(poll)
}

function rest(): void {
  pending--
}
