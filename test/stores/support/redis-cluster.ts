import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { vi } from 'vitest'

const slots = 16_384

export interface RedisClusterNodes {
  readonly nodes: readonly { host: string; port: number }[]
  stop(): Promise<void>
}

/** Starts a Redis Cluster of three primaries on spare loopback ports. */
export async function startRedisCluster(): Promise<RedisClusterNodes> {
  const folder = mkdtempSync(join(tmpdir(), 'stagedoor-cluster-'))
  const servers: ChildProcess[] = []
  const nodes: { host: string; port: number }[] = []
  const stop = async (): Promise<void> => {
    for (const server of servers) {
      if (server.exitCode !== null || server.signalCode !== null) continue
      server.kill('SIGKILL')
      await once(server, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const ports = await sparePorts(6)
    for (const [index, port] of ports.slice(0, 3).entries()) {
      const settings = {
        port,
        'cluster-port': ports[index + 3],
        bind: '127.0.0.1',
        'cluster-enabled': 'yes',
        'cluster-config-file': `nodes-${port}.conf`,
        dir: folder,
        save: '',
        appendonly: 'no',
      }
      const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`])
      servers.push(spawn('redis-server', args, { stdio: 'ignore' }))
      nodes.push({ host: '127.0.0.1', port })
    }
    const clients = nodes.map((node) => new Redis(node).on('error', () => {}))
    try {
      for (const [index, client] of clients.entries()) {
        const from = Math.floor((slots * index) / 3)
        const to = Math.floor((slots * (index + 1)) / 3) - 1
        await client.cluster('ADDSLOTSRANGE', from, to)
        if (index > 0) await clients[0]?.call('CLUSTER', 'MEET', '127.0.0.1', `${ports[index]}`, `${ports[index + 3]}`)
      }
      await vi.waitFor(
        async () => {
          for (const client of clients) {
            const info = await client.cluster('INFO')
            if (!info.includes('cluster_state:ok') || !info.includes('cluster_known_nodes:3')) throw new Error(info)
          }
        },
        { timeout: 20_000, interval: 50 },
      )
    } finally {
      for (const client of clients) client.disconnect()
    }
    return { nodes, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function sparePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
