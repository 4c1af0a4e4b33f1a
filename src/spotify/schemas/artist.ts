import { externalUrls, followers, image } from './common.ts'
import { type Infer, list, literal, maybe, nullable, number, object, string, text, texts } from './object.ts'

export const simplifiedArtist = object({
  type: maybe(literal('artist')),
  /** `null` for the artist of a local file. */
  id: nullable(string),
  name: string,
  uri: text,
  href: text,
  external_urls: externalUrls,
})
/** An artist as other objects name it. */
export interface SimplifiedArtist extends Infer<typeof simplifiedArtist> {}

export const artist = object({
  type: literal('artist'),
  id: string,
  name: string,
  uri: string,
  href: text,
  external_urls: externalUrls,
  images: maybe(list(image)),
  /** Absent in Development Mode since February 2026. */
  genres: texts,
  /** Absent in Development Mode since February 2026. */
  followers,
  /** 0 to 100. Absent in Development Mode since February 2026. */
  popularity: number,
})
/** An artist. */
export interface Artist extends Infer<typeof artist> {}
