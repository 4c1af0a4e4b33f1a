import { between, hash } from '../random.ts'
import { simplifiedArtist } from './artist.ts'
import type { Catalogue } from './catalogue.ts'
import { markets } from './markets.ts'
import { labelName, title } from './names.ts'
import { identity, pictures, type View } from './view.ts'

const fewMarkets = markets.filter((_, position) => position % 3 === 0)

export function albumType(catalogue: Catalogue, index: number): 'album' | 'single' | 'compilation' {
  const { count } = catalogue.album(index)
  if (count < 7) return 'single'
  return hash(catalogue.seed, index, 71) % 9 === 0 ? 'compilation' : 'album'
}

/** The markets of an album: usually all, sometimes every third. */
export function albumMarkets(catalogue: Catalogue, index: number): readonly string[] {
  return hash(catalogue.seed, index, 72) % 12 === 0 ? fewMarkets : markets
}

export function releaseDate(seed: number, index: number): { release_date: string; release_date_precision: string } {
  const year = between(1968, 2026, seed, index, 73)
  const month = String(between(1, 13, seed, index, 74)).padStart(2, '0')
  const day = String(between(1, 29, seed, index, 75)).padStart(2, '0')
  const precision = hash(seed, index, 76) % 10
  if (precision === 0) return { release_date: `${year}`, release_date_precision: 'year' }
  if (precision === 1) return { release_date: `${year}-${month}`, release_date_precision: 'month' }
  return { release_date: `${year}-${month}-${day}`, release_date_precision: 'day' }
}

export function albumName(catalogue: Catalogue, index: number): string {
  return title(catalogue.seed, index * 7 + 1)
}

export function simplifiedAlbum(catalogue: Catalogue, view: View, index: number): Record<string, unknown> {
  const { seed } = catalogue
  const available = albumMarkets(catalogue, index)
  const playable = view.market === undefined || available.includes(view.market)
  const withoutImages = hash(seed, index, 77) % 23 === 0
  return {
    album_type: albumType(catalogue, index),
    total_tracks: catalogue.album(index).count,
    ...(view.stripped ? {} : { available_markets: available }),
    ...identity(view, 'albums', 'album', catalogue.id('album', index)),
    images: withoutImages ? [] : pictures(view, catalogue.imageId('album', index)),
    ...(view.market === undefined ? {} : { is_playable: playable }),
    name: albumName(catalogue, index),
    ...releaseDate(seed, index),
    type: 'album',
    artists: [simplifiedArtist(catalogue, view, catalogue.artistOfAlbum(index).index)],
  }
}

/** An album without its first page of tracks, which the operation adds. */
export function albumObject(catalogue: Catalogue, view: View, index: number): Record<string, unknown> {
  const { seed } = catalogue
  const { is_playable: playable, ...simple } = simplifiedAlbum(catalogue, view, index)
  const year = String(simple.release_date).slice(0, 4)
  return {
    ...simple,
    ...(playable === false ? { restrictions: { reason: 'market' } } : {}),
    copyrights: [
      { text: `${year} ${labelName(seed, index)}`, type: 'C' },
      { text: `${year} ${labelName(seed, index)}`, type: 'P' },
    ],
    external_ids: { upc: String(between(100_000_000, 999_999_999, seed, index, 78)).padStart(12, '0') },
    genres: [],
    ...(view.stripped ? {} : { label: labelName(seed, index), popularity: between(0, 90, seed, index, 79) }),
  }
}
