import { Agent, get } from 'node:http'
import { startChild } from '../lib/child.ts'
import { median } from '../lib/measure.ts'
import type { Context, Row } from '../lib/rows.ts'

export const about =
  'The fake Spotify in a process of its own: how long it takes to start, and how many single tracks it serves to another process.'

const rounds = 7
const requests = 5000

interface ReadyMessage {
  readonly took: number
  readonly url: string
  readonly authorization: string
}

export async function* run({ note }: Context): AsyncGenerator<Row> {
  const script = new URL('../servers/fake.ts', import.meta.url)
  note('starting')
  const starts: number[] = []
  for (let round = 0; round < rounds; round++) {
    const child = await startChild<ReadyMessage>(script)
    starts.push(child.ready.took)
    await child.stop()
  }
  const start = median(starts)
  const row = { bench: 'fake', subject: 'ours' }
  yield { ...row, case: 'start', value: start, unit: 'ms', target: '≤ 50 ms', pass: start <= 50 }
  note('serving')
  const child = await startChild<ReadyMessage>(script)
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  const rates: number[] = []
  for (let round = -1; round < rounds; round++) {
    const startedAt = performance.now()
    await load(child.ready, agent)
    if (round >= 0) rates.push(requests / ((performance.now() - startedAt) / 1000))
  }
  agent.destroy()
  await child.stop()
  const rate = median(rates)
  yield {
    ...row,
    case: 'one track, 32 connections',
    value: rate,
    unit: 'requests/s',
    target: '≥ 5,000/s',
    pass: rate >= 5000,
  }
}

async function load({ url, authorization }: ReadyMessage, agent: Agent): Promise<void> {
  let left = requests
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      await new Promise<void>((resolve, reject) => {
        get(url, { agent, headers: { authorization } }, (response) => {
          if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`))
          response.resume().on('end', resolve)
        }).on('error', reject)
      })
    }
  }
  await Promise.all(Array.from({ length: 32 }, worker))
}
