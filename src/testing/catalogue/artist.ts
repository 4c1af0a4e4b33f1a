import { between, hash } from '../random.ts'
import type { Catalogue } from './catalogue.ts'
import { artistName, genre } from './names.ts'
import { identity, pictures, type View } from './view.ts'

export function simplifiedArtist(catalogue: Catalogue, view: View, index: number): Record<string, unknown> {
  return {
    ...identity(view, 'artists', 'artist', catalogue.id('artist', index)),
    name: artistName(catalogue.seed, index),
    type: 'artist',
  }
}

export function artistObject(catalogue: Catalogue, view: View, index: number): Record<string, unknown> {
  const { seed } = catalogue
  const minimal = hash(seed, index, 61) % 11 === 0
  return {
    ...simplifiedArtist(catalogue, view, index),
    images: minimal ? [] : pictures(view, catalogue.imageId('artist', index), [640, 320, 160]),
    ...(view.stripped
      ? {}
      : {
          followers: { href: null, total: between(12, 4_000_000, seed, index, 62) },
          genres: minimal ? [] : [genre(seed, index), genre(seed, index + 1)],
          popularity: between(0, 92, seed, index, 63),
        }),
  }
}
