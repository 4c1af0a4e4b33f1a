import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareCodePoints } from '../../../src/stores/common/code-points.ts'
import { SortedList } from '../../../src/stores/memory/sorted-list.ts'

describe('a sorted list', () => {
  test('holds what a sorted array would, after any additions and removals', () => {
    const command = fc.record({ add: fc.boolean(), value: fc.integer({ min: 0, max: 60 }) })
    fc.assert(
      fc.property(fc.array(command, { maxLength: 200 }), fc.integer({ min: 0, max: 60 }), (commands, start) => {
        const list = new SortedList<{ value: number }>((a, b) => a.value - b.value)
        const held = new Map<number, { value: number }>()
        for (const { add, value } of commands) {
          const item = held.get(value)
          if (add && item === undefined) {
            const added = { value }
            held.set(value, added)
            list.add(added)
          } else if (!add && item !== undefined) {
            held.delete(value)
            list.remove(item)
          }
        }
        const expected = [...held.keys()].sort((a, b) => a - b).filter((value) => value >= start)
        expect([...list.from(({ value }) => value >= start)].map(({ value }) => value)).toEqual(expected)
      }),
    )
  })

  test('stays in order over thousands of items, whichever way they come and go', () => {
    const size = 5_000
    const list = new SortedList<{ value: number }>((a, b) => a.value - b.value)
    const items = Array.from({ length: size }, (_, index) => ({ value: (index * 2_657) % size }))
    for (const item of items) list.add(item)
    expect([...list.from(() => true)].map(({ value }) => value)).toEqual(
      Array.from({ length: size }, (_, index) => index),
    )
    for (const item of items) if (item.value % 10 !== 3) list.remove(item)
    expect([...list.from(({ value }) => value > 4_970)].map(({ value }) => value)).toEqual([4_973, 4_983, 4_993])
    expect(list.isEmpty).toBe(false)
    for (const item of items) list.remove(item)
    expect([...list.from(() => true)]).toEqual([])
    expect(list.isEmpty).toBe(true)
  })
})

test('text is ordered as its UTF-8 bytes are', () => {
  const text = fc.string({ unit: 'binary', maxLength: 5 })
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareCodePoints(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
    {
      examples: [
        ['\u{1f600}', '\uffee'],
        ['a', 'ab'],
        ['\ud7ff', '\u{10000}'],
      ],
    },
  )
})
