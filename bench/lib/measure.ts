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
 * Times the subjects interleaved, one call of each in a new random order each time, so that a noisy machine affects all
 * of them and none always follows the one that produces the most garbage.
 *
 * @returns per subject the median over the rounds of each round's median, in microseconds per call
 */
export async function interleaved<Name extends string>(
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

/** A subject's time and the floor's time in the same run, in microseconds per call. */
export interface PairedTime {
  readonly value: number
  readonly floor: number
}

/**
 * Times every subject against the floor alone, call by call, so that a slow subject only affects its own floor.
 * With `width`, that many calls go at a time, and times are per call.
 */
export async function againstFloor(
  floor: Subject,
  subjects: Readonly<Record<string, Subject>>,
  rounds: Rounds,
  width = 1,
): Promise<Record<string, PairedTime>> {
  const concurrent = (subject: Subject): Subject =>
    width === 1 ? subject : () => Promise.all(Array.from({ length: width }, () => subject()))
  const results: Record<string, PairedTime> = {}
  for (const [name, subject] of Object.entries({ 'floor, against itself': floor, ...subjects })) {
    const times = await interleaved({ floor: concurrent(floor), subject: concurrent(subject) }, rounds)
    results[name] = { value: times.subject / width, floor: times.floor / width }
  }
  return results
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const result = [...list]
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    const swapped = result[index] as T
    result[index] = result[other] as T
    result[other] = swapped
  }
  return result
}
