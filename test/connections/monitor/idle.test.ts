import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

const program = `
  import { createConnections } from '../../../src/connections/connections.ts'
  import { spotifyProvider } from '../../../src/oauth/providers/spotify.ts'
  import { memoryStore } from '../../../src/stores/memory.ts'
  import { localKms } from '../../../src/vault/kms/local.ts'
  import { createVault } from '../../../src/vault/vault.ts'
  import { loginKey, vaultKey } from '../support/world.ts'

  let sweeps = 0
  const store = memoryStore()
  const connections = createConnections({
    provider: spotifyProvider,
    clientId: 'test-client',
    redirectUri: 'http://127.0.0.1/callback',
    loginKeys: [loginKey],
    vault: createVault({ kms: localKms({ keyId: 'test', key: vaultKey }) }),
    store: { ...store, async reserve(query) { sweeps += 1; return await store.reserve(query) } },
  })
  connections.monitor({ every: 100 }).start()
  await new Promise((resolve) => setTimeout(resolve, 500))
  process.stdout.write(sweeps > 1 ? 'swept' : 'idle')
`

test('a started monitor sweeps, but does not keep a process alive that has nothing else to do', async () => {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--no-warnings', '-e', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output: string[] = []
  child.stdout.on('data', (chunk) => output.push(String(chunk)))
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
  expect(output.join('')).toBe('swept')
}, 20_000)
