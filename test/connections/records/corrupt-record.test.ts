import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sqliteStore } from '../../../src/stores/sqlite.ts'
import { createWorld, hour, type World } from '../support/world.ts'

describe('a stored record that cannot be read', () => {
  let folder: string
  let world: World

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'corrupt-'))
    const file = join(folder, 'connections.db')
    world = createWorld({ store: sqliteStore(file) })
    await world.connect('ann')
    const db = new DatabaseSync(file)
    db.exec("update stagedoor_connections set scopes = 'nonsense'")
    db.close()
    await expect(world.connections.get('ann')).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  afterEach(async () => {
    await world.store.close?.()
    rmSync(folder, { recursive: true })
  })

  it('is replaced when its owner signs in', async () => {
    const { connection } = await world.signIn('ann')
    expect(connection.status).toBe('connected')
    expect(await world.connections.get('ann')).toEqual(connection)
    expect(world.names()).toEqual(['replaced'])
  })

  it('is replaced by adopted tokens', async () => {
    const tokens = { ...world.fake.issue(), expiresAt: world.now() + hour }
    await world.connections.adopt({ ownerId: 'ann', tokens })
    expect(await world.connections.accessToken('ann')).toBe(tokens.accessToken)
  })

  it('is deleted when its owner disconnects, and emitted once', async () => {
    expect(await world.connections.disconnect('ann')).toMatchObject({ removed: true })
    expect(world.names()).toEqual(['removed'])
    expect(world.events[0]?.payload).toMatchObject({ ownerId: 'ann', provider: 'spotify' })
    expect(await world.connections.get('ann')).toBeUndefined()
    expect(await world.connections.disconnect('ann')).toMatchObject({ removed: false })
  })
})
