import { describe } from 'vitest'
import type { Lease, StoredConnection } from '../../../src/stores/store.ts'
import { keyOf, type Mutant, type Mutation, reading, testMutants, writing } from './support/mutants.ts'

/** The mistakes with one of the two leases of a record. */
function mutantsOf(name: string, field: 'lease' | 'deliveryLease', left: 'leaseLeft' | 'deliveryLeaseLeft'): Mutant[] {
  const without = (record: StoredConnection): StoredConnection => ({ ...record, [field]: undefined, [left]: undefined })
  const withLease = (record: StoredConnection, lease: Lease | undefined) => ({ ...record, [field]: lease })
  const readBack = `a ${name} is read back with its owner, its id and what is left of it`
  const writtenAgain = `a ${name} that is written again keeps its end, whatever length the write names`
  const restart = `a ${name} with an id that is not stored begins again`
  const removal = `a write without a ${name} removes it, and the same id begins again afterwards`
  const end = `a ${name} ends by the clock of the store, for every process`

  /** Writes every lease with a number behind its id, so that it is new, and reads it back without. */
  const renewing = (isRenewed: (lease: Lease, before: number | undefined) => boolean): Mutation => {
    let writes = 0
    const renewed = writing((next, current) => {
      const lease = next[field]
      if (lease === undefined) return next
      const stored = current?.[field]?.id ?? ''
      const isKept = stored.split('#')[0] === lease.id && !isRenewed(lease, current?.[left])
      return withLease(next, { ...lease, id: isKept ? stored : `${lease.id}#${++writes}` })
    })
    const restored = reading((record) => {
      const lease = record[field]
      return withLease(record, lease && { ...lease, id: lease.id.split('#')[0] ?? '' })
    })
    return (store) => ({ ...renewed(store), ...restored(store) })
  }

  return [
    [
      `does not say what is left of a ${name}`,
      readBack,
      reading((record) => ({ ...record, [left]: undefined }), 'get'),
    ],
    [
      `returns the length of a ${name}`,
      readBack,
      reading((record) => {
        const lease = record[field]
        return withLease(record, lease && { ...lease, length: record[left] })
      }, 'get'),
    ],
    [`lists connections without their ${name}`, readBack, reading(without, 'list')],
    [`returns what is due without its ${name}`, readBack, reading(without, 'due')],
    [
      `says how long a ${name} was instead of what is left of it`,
      readBack,
      reading((record) => ({ ...record, ...(record[left] && { [left]: record[left] + 30_000 }) }), 'list'),
    ],
    [`restarts a ${name} with every write`, writtenAgain, renewing(() => true)],
    [
      `restarts a ${name} with every write that names a length`,
      writtenAgain,
      renewing(({ length }) => length !== undefined),
    ],
    [
      `keeps the end of the ${name} although the id is new`,
      restart,
      (store) => {
        const ids = new Map<string, string>()
        const aliases = writing((next, current) => {
          const lease = next[field]
          if (lease === undefined) return next
          ids.set(next.revision, lease.id)
          return withLease(next, { ...lease, id: current?.[field]?.id ?? lease.id })
        })
        const restored = reading((record) => {
          const lease = record[field]
          return withLease(record, lease && { ...lease, id: ids.get(record.revision) ?? lease.id })
        })
        return { ...aliases(store), ...restored(store) }
      },
    ],
    [
      `never shortens a ${name}`,
      restart,
      writing((next, current) => {
        const lease = next[field]
        return withLease(next, lease && { ...lease, length: Math.max(lease.length ?? 0, current?.[left] ?? 0) })
      }),
    ],
    [
      `forgets leases of a whole day`,
      restart,
      writing((next) => (next[field]?.length === 86_400_000 ? without(next) : next)),
    ],
    [
      `keeps a ${name} that a write leaves out`,
      removal,
      writing((next, current) => withLease(next, next[field] ?? current?.[field])),
    ],
    [
      `remembers the end of a ${name} that was removed`,
      removal,
      (store) => {
        const hidden = new Set<string>()
        const kept = writing((next, current) => {
          if (next[field] !== undefined) return next
          hidden.add(next.revision)
          return withLease(next, current?.[field])
        })
        return {
          ...kept(store),
          ...reading((record) => (hidden.has(record.revision) ? without(record) : record))(store),
        }
      },
    ],
    [
      `takes what is left of a ${name} from a write`,
      `what is left of a ${name} is not taken from a write`,
      (store) => {
        const written = new Map<string, number | undefined>()
        const remembered = writing((next) => {
          written.set(next.revision, next[left])
          return next
        })
        return {
          ...remembered(store),
          ...reading((record) => ({ ...record, [left]: written.get(record.revision) ?? record[left] }))(store),
        }
      },
    ],
    [
      `takes a ${name} from a write that fails`,
      `a write that fails does not change a ${name}`,
      (store) => {
        const last = new Map<string, Lease | undefined>()
        const remembered = writing((next) => {
          last.set(keyOf(next), next[field])
          return next
        })
        const replaced = reading((record) => {
          const lease = last.get(keyOf(record))
          return withLease(record, lease && { owner: lease.owner, id: lease.id })
        })
        return { ...remembered(store), ...replaced(store) }
      },
    ],
    [
      `measures a ${name} once`,
      end,
      (store) => {
        const first = new Map<string, number | undefined>()
        return reading((record) => {
          const key = `${keyOf(record)} ${record[field]?.id}`
          if (!first.has(key)) first.set(key, record[left])
          return { ...record, [left]: first.get(key) }
        })(store)
      },
    ],
    [`hides a ${name} that has ended`, end, reading((record) => ((record[left] ?? 0) <= 0 ? without(record) : record))],
    [
      `measures what is left of a ${name} down to zero only`,
      end,
      reading((record) => ({ ...record, ...(record[left] !== undefined && { [left]: Math.max(1, record[left]) }) })),
    ],
    [`restarts a ${name} that is written again after its end`, end, renewing((_, before = 0) => before <= 0)],
    [
      `measures a ${name} by the clock of each process`,
      end,
      () => ({}),
      reading((record) => ({ ...record, ...(record[left] !== undefined && { [left]: record[left] + 300_000 }) })),
    ],
  ]
}

const both = 'a lease and a delivery lease do not affect each other'
const mutants: readonly Mutant[] = [
  ...mutantsOf('lease', 'lease', 'leaseLeft'),
  ...mutantsOf('delivery lease', 'deliveryLease', 'deliveryLeaseLeft'),
  [
    'removes both leases at once',
    both,
    writing((next) => (next.lease === undefined ? { ...next, deliveryLease: undefined } : next)),
  ],
  [
    'measures the delivery lease as the lease',
    both,
    reading((record) => ({ ...record, deliveryLeaseLeft: record.leaseLeft })),
  ],
]

describe('the contract of leases', () => testMutants(mutants))
