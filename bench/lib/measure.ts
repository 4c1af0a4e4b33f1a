import { seeded } from '../simulator/random.ts'

export type Subject = () => Promise<unknown>

export interface Rounds {
  /** @default 9 */
  readonly rounds?: number
  /** Calls, or batches, per subject and round. */
  readonly calls: number
  /** Rounds that do not count. @default 2 */
  readonly warmUp?: number
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

/**
 * Times the subjects by turns, one call of each after the other in an order drawn anew each time, so that a noisy machine
 * disturbs them alike and none always follows the one that leaves the most garbage behind.
 *
 * @returns per subject the median over the rounds of each round's median, in microseconds per call
 */
export async function byTurns<Name extends string>(
  subjects: Readonly<Record<Name, Subject>>,
  { rounds = 9, calls, warmUp = 2 }: Rounds,
): Promise<Record<Name, number>> {
  const names = Object.keys(subjects) as Name[]
  const medians = new Map<Name, number[]>(names.map((name) => [name, []]))
  const random = seeded(1)
  for (let round = -warmUp; round < rounds; round++) {
    const times = new Map<Name, number[]>(names.map((name) => [name, []]))
    for (let call = 0; call < calls; call++) {
      for (const name of shuffled(names, random)) {
        const start = process.hrtime.bigint()
        await subjects[name]()
        times.get(name)?.push(Number(process.hrtime.bigint() - start) / 1000)
      }
    }
    if (round >= 0) for (const name of names) medians.get(name)?.push(median(times.get(name) ?? []))
  }
  return Object.fromEntries(names.map((name) => [name, median(medians.get(name) ?? [])])) as Record<Name, number>
}

/** The same for `width` calls at a time: microseconds per call, so per batch divided by `width`. */
export async function byTurnsInParallel<Name extends string>(
  subjects: Readonly<Record<Name, Subject>>,
  width: number,
  rounds: Rounds,
): Promise<Record<Name, number>> {
  const batches = Object.fromEntries(
    Object.entries<Subject>(subjects).map(([name, subject]) => [
      name,
      () => Promise.all(Array.from({ length: width }, () => subject())),
    ]),
  ) as Record<Name, Subject>
  const times = await byTurns(batches, rounds)
  return Object.fromEntries(Object.entries<number>(times).map(([name, time]) => [name, time / width])) as Record<
    Name,
    number
  >
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const result = [...list]
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    const held = result[index] as T
    result[index] = result[other] as T
    result[other] = held
  }
  return result
}
