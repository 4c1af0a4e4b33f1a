import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export interface CorePinning {
  /** Whether the processes are pinned, which needs two cores and the command `taskset`. */
  readonly done: boolean
  /** Allows this process to use every core again. */
  release(): void
}

/**
 * Pins this process to the first core and another one to the second, with all their threads. Otherwise the scheduler
 * moves them between cores, and cold caches dominate the measurement.
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
