/** Lets the process end while the timer waits, in runtimes whose timers keep it running. */
export function unref(timer: ReturnType<typeof setTimeout>): void {
  ;(timer as { unref?: () => void }).unref?.()
}
