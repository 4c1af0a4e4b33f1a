import { seeded } from './random.ts'
import type { Server } from './servers.ts'

/** A way to decide when to send, driven by the simulator. Times are virtual milliseconds. */
export interface Algorithm {
  /** Milliseconds until the next request may leave; 0: now; `Infinity`: call again after a response. */
  wait(now: number): number
  /** Called when a request is sent. The result is passed to `onResponse`. */
  send(now: number): unknown
  onResponse(now: number, sent: unknown, retryAt: number | undefined): void
}

export interface Scenario {
  readonly server: Server
  readonly algorithm: Algorithm
  readonly seed: number
  /** Virtual milliseconds. */
  readonly duration: number
  readonly inFlight?: number
  /** Milliseconds: the minimum latency, and the mean of the random part. */
  readonly latency?: { readonly least: number; readonly mean: number }
}

export interface Outcome {
  /** Accepted requests over the capacity of the server. */
  readonly utilisation: number
  readonly accepted: number
  readonly refused: number
  /** Refusals of requests that were sent after the previous one was known. */
  readonly epochs: number
  readonly refusedPerHour: number
  readonly epochsPerHour: number
}

interface RequestInFlight {
  readonly sent: unknown
  readonly sentAt: number
  readonly arrivesAt: number
  readonly respondsAt: number
  retryAt?: number | undefined
}

/** Runs a client that always has work, with a bounded number of requests in flight, in virtual time. */
export function simulate(scenario: Scenario): Outcome {
  const { server, algorithm, duration, inFlight = 10, latency = { least: 60, mean: 60 } } = scenario
  const random = seeded(scenario.seed)
  const arriving: RequestInFlight[] = []
  const responding: RequestInFlight[] = []
  let now = 0
  let wakeAt = 0
  let inFlightCount = 0
  let accepted = 0
  let refused = 0
  let epochs = 0
  let stoppedAt = Number.NEGATIVE_INFINITY

  const insert = (list: RequestInFlight[], flight: RequestInFlight, key: 'arrivesAt' | 'respondsAt'): void => {
    let index = list.length
    while (index > 0 && (list[index - 1] as RequestInFlight)[key] > flight[key]) index--
    list.splice(index, 0, flight)
  }

  while (now < duration) {
    let wait = Number.POSITIVE_INFINITY
    while (inFlightCount < inFlight) {
      wait = algorithm.wait(now)
      if (wait > 0) break
      const travel = latency.least - latency.mean * Math.log(1 - random())
      const arrivesAt = now + travel * (0.2 + 0.6 * random())
      const flight: RequestInFlight = { sent: algorithm.send(now), sentAt: now, arrivesAt, respondsAt: now + travel }
      insert(arriving, flight, 'arrivesAt')
      inFlightCount++
    }
    wakeAt = inFlightCount < inFlight && Number.isFinite(wait) ? now + Math.max(wait, 0.001) : Number.POSITIVE_INFINITY
    const arrival = arriving[0]
    const response = responding[0]
    const next = Math.min(wakeAt, arrival?.arrivesAt ?? wakeAt, response?.respondsAt ?? wakeAt)
    if (!Number.isFinite(next)) throw new Error('The algorithm neither sends nor waits for a time or a response.')
    now = next
    if (arrival !== undefined && arrival.arrivesAt === next) {
      arriving.shift()
      const result = server.request(now)
      if (result.accepted) accepted++
      else {
        refused++
        arrival.retryAt = arrival.respondsAt + result.retryAfter * 1000
      }
      insert(responding, arrival, 'respondsAt')
    } else if (response !== undefined && response.respondsAt === next) {
      responding.shift()
      inFlightCount--
      if (response.retryAt !== undefined && response.sentAt > stoppedAt) {
        epochs++
        stoppedAt = now
      }
      algorithm.onResponse(now, response.sent, response.retryAt)
    }
  }
  const hours = duration / 3_600_000
  return {
    utilisation: accepted / server.capacity(duration),
    accepted,
    refused,
    epochs,
    refusedPerHour: refused / hours,
    epochsPerHour: epochs / hours,
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}
