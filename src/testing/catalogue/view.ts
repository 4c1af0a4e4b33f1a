/** How objects are shown to one caller: which address, which application, which market. */
export interface View {
  /** The Web API's base as the caller sees it, without a slash at the end. */
  readonly api: string
  /** What an image's id is appended to. */
  readonly images: string
  /** Whether fields that development mode lost in February 2026 are left out. */
  readonly stripped: boolean
  /** Whether 30-second previews are handed out, as they were until November 2024. */
  readonly previews: boolean
  /** The market that applies, if any. */
  readonly market: string | undefined
}

/** The members that nearly every object has. */
export function identity(view: View, path: string, type: string, id: string): Record<string, unknown> {
  return {
    external_urls: { spotify: `https://open.spotify.com/${type}/${id}` },
    href: `${view.api}/${path}/${id}`,
    id,
    uri: `spotify:${type}:${id}`,
  }
}

/** Three sizes of one picture. */
export function pictures(view: View, id: string, sizes: readonly number[] = [640, 300, 64]): unknown[] {
  return sizes.map((size) => ({
    height: size,
    width: size,
    url: `${view.images}${id}${size === 640 ? '' : `-${size}`}`,
  }))
}
