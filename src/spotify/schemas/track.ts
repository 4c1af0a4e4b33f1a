import { simplifiedAlbum } from './album.ts'
import { externalIds } from './common.ts'
import { type Infer, number, object, text } from './object.ts'
import { trackFields } from './simplified-track.ts'

export const track = object({
  ...trackFields,
  album: simplifiedAlbum,
  external_ids: externalIds,
  /** 0 to 100. Absent in Development Mode since February 2026. */
  popularity: number,
})
/** A track with its album. */
export interface Track extends Infer<typeof track> {}

export const savedTrack = object({ added_at: text, track })
/** An entry of the user's saved tracks. */
export interface SavedTrack extends Infer<typeof savedTrack> {}
