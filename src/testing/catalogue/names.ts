import { hash, pick } from '../random.ts'

type Words = readonly [string, ...string[]]
const words = (text: string): Words => {
  const [first = '', ...others] = text.split(' ')
  return [first, ...others]
}

const first = words(
  'Mirela Otso Calla Brannoc Ysolde Tavi Ferris Odalys Quill Soren Maud Ilario Petra Wendel Anouk Basil Corin Delphine Eskil Fenna Gideon Hollis Ingrid Jory Katya Lior Marisol Nils Ottilie Pascal',
)
const last = words(
  'Quist Harrow Vantongeren Okonjo Belmarsh Lindqvist Saltz Carrow Amadi Fenwick Duarte Holloway Nakai Pryce Rosales Stroud Tremaine Ueda Varga Whitlock Yarrow Zell Ashdown Birch',
)
const adjectives = words(
  'Velvet Amber Hollow Northern Paper Silver Quiet Electric Distant Golden Restless Salt Winter Crooked Feathered Marble Neon Patient Rusted Tidal Wandering Half Second Cobalt Drowsy',
)
const nouns = words(
  'Harbour Lantern Orchard Signal Meridian Swallow Cathedral Compass Ember Foxglove Gallery Horizon Island Juniper Kestrel Lagoon Monsoon Nocturne Observatory Parade Quarry River Satellite Terrace Viaduct Willow',
)
const verbs = words(
  'Leaving Following Counting Chasing Borrowing Keeping Crossing Painting Waking Folding Burning Mapping',
)
const places = words('Lisbon Tromso Valparaiso Kyoto Marrakesh Galway Trieste Windhoek Hobart Riga Busan Oaxaca')
const genreWords = words(
  'dream-pop folktronica slow-techno harbour-jazz chamber-soul post-disco desert-rock nu-samba ambient lo-fi',
)

/** Invented names; any resemblance to real people or works is a coincidence. */
export function artistName(seed: number, index: number): string {
  const noun = pick(nouns, seed, index, 1)
  switch (hash(seed, index, 2) % 5) {
    case 0:
      return `${pick(first, seed, index, 3)} ${pick(last, seed, index, 4)}`
    case 1:
      return `The ${pick(adjectives, seed, index, 3)} ${noun}${noun.endsWith('s') ? 'es' : 's'}`
    case 2:
      return `${noun} & ${pick(nouns, seed, index, 5)}`
    case 3:
      return pick(last, seed, index, 4).toUpperCase()
    default:
      return `${pick(adjectives, seed, index, 3)} ${noun} Club`
  }
}

export function title(seed: number, index: number): string {
  const adjective = pick(adjectives, seed, index, 11)
  const noun = pick(nouns, seed, index, 12)
  switch (hash(seed, index, 13) % 6) {
    case 0:
      return `${adjective} ${noun}`
    case 1:
      return `${pick(verbs, seed, index, 14)} the ${noun}`
    case 2:
      return `Last Train to ${pick(places, seed, index, 15)}`
    case 3:
      return `${noun}, Again`
    case 4:
      return `Señales de ${pick(places, seed, index, 15)}`
    default:
      return `${adjective} ${pick(nouns, seed, index, 16)} Song`
  }
}

export function personName(seed: number, index: number): string {
  return `${pick(first, seed, index, 21)} ${pick(last, seed, index, 22)}`
}

export function genre(seed: number, index: number): string {
  return pick(genreWords, seed, index, 23)
}

export const genres: readonly string[] = genreWords

export function sentence(seed: number, index: number): string {
  const about = pick(nouns, seed, index, 31).toLowerCase()
  return `A conversation about the ${about}, recorded in ${pick(places, seed, index, 32)}. It isn't & won't be short.`
}

export function showName(seed: number, index: number): string {
  return `The ${pick(nouns, seed, index, 41)} ${pick(['Hour', 'Files', 'Review', 'Notebook'], seed, index, 42)}`
}

export function labelName(seed: number, index: number): string {
  return `${pick(nouns, seed, index, 51)} ${pick(['Records', 'Recordings', 'Tapes', 'Sound'], seed, index, 52)}`
}
