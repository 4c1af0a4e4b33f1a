import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { createReseal } from '../../../src/connections/reseal/reseal.ts'
import { base64url, randomBytes } from '../../../src/internal/bytes.ts'
import { spotifyProvider } from '../../../src/oauth/providers/spotify.ts'
import { sqliteStore } from '../../../src/stores/sqlite.ts'
import { createVault, localKms } from '../../../src/vault/index.ts'
import type { ChildMessage, ChildWork } from '../support/reseal-child.ts'

const clientId = 'app'
const provider = spotifyProvider.id
const owners = Array.from({ length: 60 }, (_, index) => `user-${String(index).padStart(3, '0')}`)
const binding = (ownerId: string, field: string) => ({ clientId, provider, ownerId, field })
const children = new Set<ChildProcess>()

afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** A process that works until it is stopped; `until` waits for a message. */
function start(work: ChildWork) {
  const child = fork(fileURLToPath(new URL('../support/reseal-child.ts', import.meta.url)))
  children.add(child)
  const messages: ChildMessage[] = []
  const waiting = new Set<() => void>()
  child.on('message', (message: ChildMessage) => {
    messages.push(message)
    for (const wake of waiting) wake()
  })
  const exited = new Promise<NodeJS.Signals | number | null>((resolve) => {
    child.once('exit', (code, signal) => {
      children.delete(child)
      resolve(signal ?? code)
      for (const wake of waiting) wake()
    })
  })
  child.send(work)
  return {
    messages,
    exited,
    kill: () => child.kill('SIGKILL'),
    stop: () => child.send('stop'),
    until: (met: (all: readonly ChildMessage[]) => boolean) =>
      new Promise<void>((resolve, reject) => {
        const wake = (): void => {
          if (met(messages)) resolve()
          else if (child.exitCode !== null) reject(new Error('the process ended'))
          else return
          waiting.delete(wake)
        }
        waiting.add(wake)
        wake()
      }),
  }
}

test('two processes rewrap a store while four read and write it, and one is killed at a random point: nothing is lost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stagedoor-reseal-'))
  const path = join(folder, 'tokens.db')
  const oldKey = { keyId: 'old', key: base64url(randomBytes(32)) }
  const newKey = { keyId: 'new', key: base64url(randomBytes(32)) }
  const store = sqliteStore(path)
  try {
    const before = createVault({ kms: localKms(oldKey) })
    for (const ownerId of owners) {
      await store.compareAndSet({ provider, ownerId }, undefined, {
        provider,
        ownerId,
        account: '',
        app: clientId,
        revision: `first-${ownerId}`,
        scopes: [],
        accessToken: await before.seal(`access ${ownerId}`, binding(ownerId, 'access')),
        refreshToken: await before.seal(`refresh ${ownerId} 0`, binding(ownerId, 'refresh')),
        expiresAt: 0,
        authorizedAt: 0,
        status: 'connected',
        checkAt: 0,
        nextCheckAt: 0,
        createdAt: 0,
        updatedAt: 0,
      })
    }

    const shared = { path, clientId, owners }
    const switched = { ...shared, keys: [newKey, oldKey] }
    // Half of the application has not been switched yet: it still seals under the old key.
    const applications = [
      switched,
      switched,
      { ...shared, keys: [oldKey, newKey] },
      { ...shared, keys: [oldKey, newKey] },
    ].map((work) => start({ ...work, role: 'application' }))
    const survivor = start({ ...switched, role: 'rewrapper' })
    const doomed = start({ ...switched, role: 'rewrapper' })

    const pages = 1 + Math.floor(Math.random() * 12)
    await doomed.until((all) => all.filter(({ type }) => type === 'page').length >= pages)
    doomed.kill()
    expect(await doomed.exited, `killed after page ${pages}`).toBe('SIGKILL')
    const successor = start({ ...switched, role: 'rewrapper' })
    for (const rewrapper of [survivor, successor])
      await rewrapper.until((all) => all.filter(({ type }) => type === 'swept').length >= 2)

    const written = new Map<string, number>()
    for (const application of applications) {
      application.stop()
      expect(await application.exited).toBe(0)
      const report = application.messages.find((message) => message.type === 'stopped')
      expect(report).toMatchObject({ failures: [], lostUnderLease: 0 })
      expect(report?.reads).toBeGreaterThan(10)
      for (const [ownerId, count] of Object.entries(report?.written ?? {}))
        written.set(ownerId, (written.get(ownerId) ?? 0) + count)
    }
    for (const rewrapper of [survivor, successor]) {
      rewrapper.stop()
      expect(await rewrapper.exited).toBe(0)
      expect(rewrapper.messages.some((message) => message.type === 'swept' && message.failed > 0)).toBe(false)
    }
    expect([...written.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(20)

    const resumed = createReseal({
      provider: spotifyProvider,
      clientId,
      store,
      vault: createVault({ kms: localKms(newKey), retired: [localKms(oldKey)] }),
    })
    expect(await resumed.run()).toMatchObject({ done: owners.length, failed: 0 })

    const withoutOldKey = createVault({ kms: localKms(newKey) })
    const records = await store.list({ provider, limit: 1000 })
    expect(records).toHaveLength(owners.length)
    for (const { ownerId, accessToken, refreshToken } of records) {
      expect(await withoutOldKey.open(accessToken, binding(ownerId, 'access'))).toBe(`access ${ownerId}`)
      expect(await withoutOldKey.open(refreshToken!, binding(ownerId, 'refresh'))).toBe(
        `refresh ${ownerId} ${written.get(ownerId) ?? 0}`,
      )
    }
  } finally {
    await store.close()
    rmSync(folder, { recursive: true })
  }
}, 120_000)
