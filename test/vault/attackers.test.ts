import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connections } from '../../src/connections/connections.ts'
import { createReseal, type ResealRun } from '../../src/connections/reseal/reseal.ts'
import { spotifyProvider } from '../../src/oauth/providers/spotify.ts'
import { createVault, type Kms, type Vault, type VaultOptions } from '../../src/vault/index.ts'
import { createWorld, day, hour, minute, start, type World } from '../connections/support/world.ts'
import { type Attacker, clientId, Intruder } from './support/intruder.ts'
import { type KeyService, keyServices } from './support/key-services.ts'

/** An application whose KEK is `old`, and what its operator does. Each step is what a deployment would be. */
class Application {
  readonly world: World
  readonly old: Kms
  readonly fresh: Kms
  readonly service: KeyService
  readonly intruder: Intruder
  readonly #attacker: Attacker

  constructor(service: KeyService, attacker: Attacker) {
    this.service = service
    this.#attacker = attacker
    this.old = service.createKey()
    this.fresh = service.createKey()
    this.world = createWorld({ vault: this.vault({ kms: this.old, now: () => start }) })
    this.intruder = new Intruder(this.world.store, 'mallory')
  }

  vault(options: VaultOptions): Vault {
    return createVault({ now: () => this.world.now(), ...options })
  }

  /** A process that starts cold. */
  process(options: VaultOptions): Connections {
    return this.world.another({ vault: this.vault(options) })
  }

  /** What SECURITY.md advises where the KEK stays under its name. */
  get sameName(): Pick<VaultOptions, 'adopt' | 'notBefore'> {
    if (this.#attacker === 'a leaked data key') return { notBefore: this.world.now() }
    return this.#attacker === 'one row written' ? {} : { adopt: false }
  }

  async reseal(options: VaultOptions, run: ResealRun = {}): Promise<void> {
    const { store, now } = this.world
    await createReseal({ provider: spotifyProvider, clientId, store, vault: this.vault(options), now }).run(run)
  }

  /** Signs the victim in in a cold process which has opened the intruder's record before, for each of his forgeries. */
  async expectSafe(options: VaultOptions, before: () => Promise<void> = async () => {}): Promise<void> {
    const keks = [options.kms, ...(options.retired ?? [])]
    for (let index = 0; index < this.intruder.forgeries; index++) {
      await this.intruder.plant(index, keks)
      await before()
      const process = this.process(options)
      await process.accessToken('mallory').catch(() => {})
      await this.expectSealedSafely(process)
    }
  }

  /** His record, where it still opens, is under a data key that he does not know: none of his was carried over. */
  async expectNothingCarriedOver(options: VaultOptions): Promise<void> {
    const opened = await this.process(options)
      .accessToken('mallory')
      .catch(() => undefined)
    if (opened !== undefined) expect(await this.intruder.reads('mallory')).toEqual([])
  }

  async expectSealedSafely(process: Connections): Promise<void> {
    const expiresAt = this.world.now() + hour
    const tokens = { accessToken: 'new access', refreshToken: 'new refresh', expiresAt, scopes: [] }
    await process.adopt({ ownerId: 'victim', tokens })
    expect(await process.accessToken('victim')).toBe('new access')
    expect(await this.intruder.reads('victim')).toEqual([])
  }
}

type Scenario = (app: Application) => Promise<void>

const scenarios: Readonly<Record<string, Scenario>> = {
  async rotate(app) {
    const options = { kms: app.fresh, retired: [app.old] }
    await app.expectSafe(options, async () => {
      await app.reseal(options)
      if (app.old.forgeable === true) await app.expectNothingCarriedOver({ kms: app.fresh })
    })
    await app.expectSafe({ kms: app.fresh })
  },

  async 'rotate with notBefore'(app) {
    const options = { kms: app.fresh, retired: [app.old], notBefore: app.world.now() }
    await app.expectSafe(options, async () => {
      await app.reseal(options)
      await app.expectNothingCarriedOver({ kms: app.fresh })
    })
    await app.expectSafe({ kms: app.fresh, notBefore: app.world.now() })
  },

  async 'newest version'(app) {
    app.service.rotate(app.old)
    const options = { kms: app.old, ...app.sameName }
    await app.expectSafe(options, async () => {
      await app.reseal(options, { newestVersion: true })
      if (app.old.forgeable === true) await app.expectNothingCarriedOver(options)
    })
  },

  async 'roll back, with processes of both steps side by side'(app) {
    const before = { kms: app.old, retired: [app.fresh], ...app.sameName }
    const after = { kms: app.fresh, retired: [app.old] }
    const [first, second] = [app.process(before), app.process(after)]
    for (const [ownerId, process] of [
      ['one', first],
      ['two', second],
    ] as const) {
      const tokens = { accessToken: ownerId, refreshToken: ownerId, expiresAt: app.world.now() + hour, scopes: [] }
      await process.adopt({ ownerId, tokens })
    }
    await app.expectSafe(after, () => app.reseal(after))
    await app.expectSafe(before, () => app.reseal(before))
    for (const options of [before, after])
      for (const ownerId of ['one', 'two']) expect(await app.process(options).accessToken(ownerId)).toBe(ownerId)
  },

  async monitor(app) {
    await app.world.connect('victim', 6 * minute)
    app.world.advance(5 * minute)
    await app.intruder.plant(0, [app.fresh, app.old])
    const process = app.process({ kms: app.fresh, retired: [app.old] })
    await process.accessToken('mallory').catch(() => {})
    const before = app.world.tokenRequests()
    await process.monitor().runOnce()
    expect(app.world.tokenRequests()).toBeGreaterThan(before)
    expect(await app.intruder.reads('victim')).toEqual([])
  },

  async 'renewal after 30 days'(app) {
    const options = { kms: app.fresh, retired: [app.old] }
    const process = app.process(options)
    await app.expectSealedSafely(process)
    for (let index = 0; index < app.intruder.forgeries; index++) {
      app.world.advance(30 * day)
      await app.intruder.plant(index, [app.fresh, app.old])
      await process.accessToken('mallory').catch(() => {})
      await app.expectSealedSafely(process)
    }
  },
}

const attackers: readonly Attacker[] = [
  'one row written',
  'a leaked KEK',
  'a leaked data key',
  'a leaked version',
  'a past right to wrap',
]

/** A leaked KEK opens whatever is sealed under it: no promise is made while it stays in use. */
const unpromised = (attacker: Attacker, scenario: string): boolean =>
  attacker === 'a leaked KEK' && (scenario === 'newest version' || scenario.startsWith('roll back'))

describe.each(Object.keys(keyServices))('%s', (name) => {
  let service: KeyService
  beforeAll(async () => {
    service = await (keyServices[name] ?? fail)()
  })
  afterAll(() => service.close())

  for (const attacker of attackers) {
    describe(`an intruder with ${attacker}`, () => {
      for (const [scenario, run] of Object.entries(scenarios)) {
        if (unpromised(attacker, scenario)) continue
        test(`reads nothing that is sealed after: ${scenario}`, { timeout: 60_000 }, async () => {
          const app = new Application(service, attacker)
          for (const ownerId of ['mallory', 'victim']) await app.world.connect(ownerId)
          app.world.advance(hour / 4)
          await app.intruder.prepare(attacker, app.world.now(), app.old, app.fresh)
          await run(app)
        })
      }
    })
  }
})

function fail(): never {
  throw new Error('no such service')
}
