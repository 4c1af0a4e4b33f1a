import { externalUrls, followers, image } from './common.ts'
import { flag, type Infer, list, literal, maybe, object, string, text } from './object.ts'

const fields = {
  type: maybe(literal('user')),
  /** Empty where Spotify hides the user. */
  id: string,
  uri: text,
  href: text,
  display_name: text,
  external_urls: externalUrls,
  followers,
  images: maybe(list(image)),
}

export const publicUser = object(fields)
/** The public profile of a user. */
export interface PublicUser extends Infer<typeof publicUser> {}

export const privateUser = object({
  ...fields,
  /** Public and immutable: link accounts by it. Since May 2026. */
  account_id: text,
  /** Only with `user-read-private`; announced as absent in Development Mode. */
  country: text,
  /** Only with `user-read-email`, and not verified; announced as absent in Development Mode. */
  email: text,
  explicit_content: maybe(object({ filter_enabled: flag, filter_locked: flag })),
  /** `premium`, `free` or `open`. Absence does not mean that the user is without Premium. */
  product: text,
})
/** The signed-in user. */
export interface PrivateUser extends Infer<typeof privateUser> {}
