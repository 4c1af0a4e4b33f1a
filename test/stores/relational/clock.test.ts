import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { sqlStore } from '../../../src/stores/sql.ts'
import { storedConnection, unique } from '../../../src/testing/contracts/store-fixtures.ts'
import { available } from '../../support/services.ts'
import { dropTables, mariadbKysely, postgresKysely, sqliteKysely } from '../support/kysely.ts'

const folder = mkdtempSync(join(tmpdir(), 'stagedoor-clock-'))
afterAll(() => rmSync(folder, { recursive: true }))
const hour = 3_600_000
const minute = 60_000

interface Database {
  readonly name: string
  readonly present: boolean
  open(): Kysely<unknown>
  /** Statements that set the time zone of a session to one where it is an hour or more away from UTC. */
  readonly zones: readonly string[]
}
const databases: readonly Database[] = [
  {
    name: 'PostgreSQL',
    present: await available('postgres'),
    open: () => postgresKysely(1),
    zones: ["set time zone 'Asia/Tokyo'", "set time zone 'UTC'"],
  },
  {
    name: 'MariaDB',
    present: await available('mariadb'),
    open: () => mariadbKysely(1),
    zones: ["set time_zone = '+09:00'", "set time_zone = '-05:00'"],
  },
  { name: 'SQLite', present: true, open: () => sqliteKysely(join(folder, 'clock.db')), zones: [] },
]

describe.each(databases.filter(({ present }) => present))('the clock of $name', ({ open, zones }) => {
  const tablePrefix = `sd_${unique()}_`
  const db = open()
  const store = sqlStore({ db, tablePrefix })
  const table = sql.table(`${tablePrefix}connections`)
  beforeAll(() => store.migrate(), 90_000)
  afterEach(() => vi.useRealTimers())
  afterAll(async () => {
    await dropTables(db, tablePrefix)
    await db.destroy()
  })
  const setProcessClock = (offset: number): void => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + offset })
  }
  const leased = (ownerId: string, length = minute) =>
    storedConnection({
      ownerId,
      lease: { owner: 'p1', id: `lease-${ownerId}`, length },
      deliveryLease: { owner: 'p2', id: `delivery-${ownerId}`, length: length + minute },
    })
  const read = async (ownerId: string) => {
    const record = await store.get({ provider: 'spotify', ownerId })
    if (record === undefined) throw new Error('a written record was not found')
    return record
  }
  const expectLeft = (left: number | undefined, length: number): void => {
    expect(left).toBeGreaterThan(length - 30_000)
    expect(left).toBeLessThanOrEqual(length)
  }
  const ends = async (ownerId: string) =>
    (
      await sql`select lease_until, delivery_until, reserved_until from ${table} where owner_id = ${ownerId}`.execute(
        db,
      )
    ).rows[0]

  test.each([-hour, hour])('times leases though the clock of the process is off by %i ms', async (offset) => {
    const record = leased(`off-${offset}`)
    setProcessClock(offset)
    await store.compareAndSet(record, undefined, record)
    vi.useRealTimers()
    setProcessClock(-offset)
    const found = await read(record.ownerId)
    expectLeft(found.leaseLeft, minute)
    expectLeft(found.deliveryLeaseLeft, 2 * minute)
    const next = { ...record, revision: unique(), lease: { owner: 'p1', id: unique(), length: 3 * minute } }
    await store.compareAndSet(record, record.revision, next)
    expectLeft((await read(record.ownerId)).leaseLeft, 3 * minute)
  })

  test.each([-hour, hour])(
    'times reservations, markers and state of a process that is off by %i ms',
    async (offset) => {
      const at = Date.now()
      const provider = `clock${offset}`
      const record = storedConnection({ provider, ownerId: 'a' })
      await store.compareAndSet(record, undefined, record)
      const query = { provider, at: 1e15, limit: 1, length: minute }
      const marker = unique()
      setProcessClock(offset)
      expect(await store.reserve(query)).toHaveLength(1)
      expect(await store.claim(marker, at + minute)).toBe(true)
      const bytes = Uint8Array.of(1)
      expect(await store.state.compareAndSet(marker, undefined, bytes, at + minute)).toEqual(expect.any(String))
      vi.useRealTimers()
      setProcessClock(-offset)
      expect(await store.reserve(query)).toEqual([])
      expect(await store.claim(marker, at + minute)).toBe(false)
      expect(await store.state.load(marker)).toMatchObject({ bytes })
    },
  )

  test('gives a lease an end once: later writes that carry it leave it as it is', async () => {
    const first = leased('once')
    await store.compareAndSet(first, undefined, first)
    const before = await ends('once')
    const second = { ...leased('once', 9 * minute), nextCheckAt: 7 }
    await store.compareAndSet(first, first.revision, second)
    expect(await ends('once')).toEqual(before)
    const third = { ...second, revision: unique(), lease: { owner: 'p3', id: 'another', length: 9 * minute } }
    await store.compareAndSet(first, second.revision, third)
    const changed = await read('once')
    expectLeft(changed.leaseLeft, 9 * minute)
    expectLeft(changed.deliveryLeaseLeft, 2 * minute)
    const { lease: _, deliveryLease: __, ...free } = { ...third, revision: unique() }
    await store.compareAndSet(first, third.revision, free)
    expect(await ends('once')).toMatchObject({ lease_until: null, delivery_until: null })
    expect(await read('once')).toEqual(free)
  })

  test('ends a reservation with the first write that changes nextCheckAt, and with no other', async () => {
    const record = storedConnection({ provider: 'ends', ownerId: 'reserved' })
    await store.compareAndSet(record, undefined, record)
    await store.reserve({ provider: 'ends', at: 1e15, limit: 1, length: minute })
    const before = await ends('reserved')
    const same = { ...record, revision: unique() }
    await store.compareAndSet(record, record.revision, same)
    expect(await ends('reserved')).toEqual(before)
    await store.compareAndSet(record, same.revision, { ...same, revision: unique(), nextCheckAt: 1 })
    expect(await ends('reserved')).toMatchObject({ reserved_until: null })
  })

  test('passes over a reservation unless it ends later than one can', async () => {
    const record = storedConnection({ provider: 'far', ownerId: 'far' })
    await store.compareAndSet(record, undefined, record)
    const query = { provider: 'far', at: 1e15, limit: 1, length: minute }
    const reserveUntil = (ms: number) =>
      sql`update ${table} set reserved_until = ${Date.now() + ms} where owner_id = 'far'`.execute(db)
    await reserveUntil(minute)
    expect(await store.reserve(query)).toEqual([])
    await reserveUntil(3 * minute)
    expect(await store.reserve(query)).toHaveLength(1)
    expect(await store.reserve(query)).toEqual([])
  })

  // SQLite has no sessions with time zones.
  const testZones = zones.length > 0 ? test : undefined
  testZones?.('is the same in every time zone of a session', async () => {
    const record = leased('zones')
    await sql.raw(zones[0] ?? '').execute(db)
    await store.compareAndSet(record, undefined, record)
    await sql.raw(zones[1] ?? '').execute(db)
    expectLeft((await read('zones')).leaseLeft, minute)
    expect(await store.claim('zones', Date.now() + minute)).toBe(true)
    await sql.raw(zones[0] ?? '').execute(db)
    expect(await store.claim('zones', Date.now() + minute)).toBe(false)
  })
})
