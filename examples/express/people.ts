/** The demo's own users. A real application has its own accounts. */
export const people = [
  { id: 'ann', name: 'Ann' },
  { id: 'ben', name: 'Ben' },
] as const

export type Person = (typeof people)[number]

export function personOf(id: string | undefined): Person {
  return people.find((person) => person.id === id) ?? people[0]
}
