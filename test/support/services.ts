import { spawnSync } from 'node:child_process'
import { connect } from 'node:net'

/** Services that tests use when they run on this machine: real ones, on their usual ports. */
const ports = { postgres: 5432, mariadb: 3306, redis: 6379 } as const
export type Service = keyof typeof ports | 'redis-server'

export const urls = {
  postgres: 'postgres://root@127.0.0.1:5432/test',
  mariadb: 'mysql://root@127.0.0.1:3306/test',
  redis: 'redis://127.0.0.1:6379',
} as const

/**
 * Whether a service runs here. If not, one line says which tests are skipped; with `CI=true` it throws instead.
 * Call it at the top of a test file: `describe.skipIf(!(await available('redis')))(…)`.
 */
export async function available(service: Service): Promise<boolean> {
  if (await reachable(service)) return true
  const line =
    service === 'redis-server'
      ? 'skipped: no redis-server to make a cluster of'
      : `skipped: no ${service} on 127.0.0.1:${ports[service]}`
  if (process.env.CI === 'true') throw new Error(line)
  process.stderr.write(`${line}\n`)
  return false
}

/** The services that do not run here. */
export async function unreachableServices(): Promise<Service[]> {
  const services = [...(Object.keys(ports) as (keyof typeof ports)[]), 'redis-server'] as const
  const found = await Promise.all(services.map(async (service) => ((await reachable(service)) ? [] : [service])))
  return found.flat()
}

async function reachable(service: Service): Promise<boolean> {
  if (service === 'redis-server') return spawnSync('redis-server', ['--version']).status === 0
  return await new Promise<boolean>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: ports[service] })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.setTimeout(2000, () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('connect', () => socket.end())
  })
}
