import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export interface CorePinning {
  /** Whether it could be done: it takes two cores and the command `taskset`. */
  readonly done: boolean
  /** Lets this process go everywhere again. */
  release(): void
}

/**
 * Keeps this process to the first core and another one to the second, with all their threads. Else the scheduler moves
 * them about between two wakings, and the caches that each finds cold say more about the machine than about the code.
 */
export function pinToCores(other: number): CorePinning {
  const all = `0-${availableParallelism() - 1}`
  if (availableParallelism() < 2 || !pin(process.pid, '0')) return { done: false, release() {} }
  pin(other, '1')
  return { done: true, release: () => void pin(process.pid, all) }
}

function pin(pid: number, cores: string): boolean {
  try {
    execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
