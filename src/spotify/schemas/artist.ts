import * as z from 'zod/mini'
import { externalUrls, followers, image } from './common.ts'
import { type Infer, number, object, text, texts } from './object.ts'

export const simplifiedArtist = object({
  type: z.nullish(z.literal('artist')),
  /** `null` for the artist of a local file. */
  id: z.nullable(z.string()),
  name: z.string(),
  uri: text,
  href: text,
  external_urls: externalUrls,
})
/** An artist as other objects name it. */
export interface SimplifiedArtist extends Infer<typeof simplifiedArtist> {}

export const artist = object({
  type: z.literal('artist'),
  id: z.string(),
  name: z.string(),
  uri: z.string(),
  href: text,
  external_urls: externalUrls,
  images: z.nullish(z.array(image)),
  /** Absent in Development Mode since February 2026. */
  genres: texts,
  /** Absent in Development Mode since February 2026. */
  followers,
  /** 0 to 100. Absent in Development Mode since February 2026. */
  popularity: number,
})
/** An artist. */
export interface Artist extends Infer<typeof artist> {}
