import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

interface Hello {
  readonly url: string
  readonly authorization: string
  readonly starts: readonly number[]
}

it('starts in under 50 ms, and serves 5,000 single tracks a second on one processor', async () => {
  const child = fork(fileURLToPath(new URL('./served.ts', import.meta.url)))
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  try {
    const [hello] = (await once(child, 'message')) as [Hello]
    const read = (): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = { authorization: hello.authorization }
        get(hello.url, { agent, headers }, (answer) => {
          answer.resume().on('end', () => resolve(answer.statusCode))
        }).on('error', reject)
      })
    const load = async (count: number): Promise<void> => {
      let left = count
      const worker = async (): Promise<void> => {
        while (left-- > 0) expect(await read()).toBe(200)
      }
      await Promise.all(Array.from({ length: 32 }, worker))
    }
    const used = async (): Promise<number> => {
      child.send('used?')
      const [answer] = (await once(child, 'message')) as [{ microseconds: number }]
      return answer.microseconds
    }
    expect(Math.min(...hello.starts)).toBeLessThan(50)
    await load(2000)
    // Processor time, since other work on the machine must not fail this.
    const before = await used()
    await load(4000)
    expect(((await used()) - before) / 4000).toBeLessThan(200)
  } finally {
    agent.destroy()
    child.kill()
  }
})
