import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

interface Hello {
  readonly url: string
  readonly authorization: string
}

it('serves many clients at once from a process of its own, of a catalogue that it makes up as it goes', async () => {
  const child = fork(fileURLToPath(new URL('./support/served.ts', import.meta.url)))
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  try {
    const [hello] = (await once(child, 'message')) as [Hello]
    const read = (): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = { authorization: hello.authorization }
        get(hello.url, { agent, headers }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode))
        }).on('error', reject)
      })
    let left = 4000
    const worker = async (): Promise<void> => {
      while (left-- > 0) expect(await read()).toBe(200)
    }
    await Promise.all(Array.from({ length: 32 }, worker))
    child.send('served?')
    const [message] = (await once(child, 'message')) as [{ requests: number }]
    expect(message.requests).toBe(4000)
  } finally {
    agent.destroy()
    child.kill()
  }
})
