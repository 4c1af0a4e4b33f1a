import { flag, type Infer, maybe, number, object, string, text } from './object.ts'

export const image = object({ url: string, height: number, width: number })
/** A picture. Sizes are pixels, `null` when unknown. */
export interface Image extends Infer<typeof image> {}

export const externalUrls = maybe(object({ spotify: text }))

export const externalIds = maybe(object({ isrc: text, ean: text, upc: text }))

export const restrictions = maybe(object({ reason: text }))

export const followers = maybe(object({ href: text, total: number }))

export const copyright = object({ text, type: text })
/** A copyright line: `C` for the work, `P` for the recording. */
export interface Copyright extends Infer<typeof copyright> {}

export const resumePoint = maybe(object({ fully_played: flag, resume_position_ms: number }))

export const context = object({ type: text, href: text, external_urls: externalUrls, uri: text })
/** What something is played from: an album, a playlist, an artist, a show, or the user's collection. */
export interface Context extends Infer<typeof context> {}
