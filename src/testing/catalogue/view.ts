/** How objects are rendered for one caller: base URL, application, market. */
export interface View {
  /** The Web API's base URL for this caller, without a trailing slash. */
  readonly api: string
  /** The URL prefix of images. */
  readonly images: string
  /** Whether the fields removed from development mode in February 2026 are absent. */
  readonly stripped: boolean
  /** Whether 30-second previews are included, as they were until November 2024. */
  readonly previews: boolean
  /** The market that applies, if any. */
  readonly market: string | undefined
}

/** The fields that nearly every object has. */
export function identity(view: View, path: string, type: string, id: string): Record<string, unknown> {
  return {
    external_urls: { spotify: `https://open.spotify.com/${type}/${id}` },
    href: `${view.api}/${path}/${id}`,
    id,
    uri: `spotify:${type}:${id}`,
  }
}

/** The sizes of one image. */
export function pictures(view: View, id: string, sizes: readonly number[] = [640, 300, 64]): unknown[] {
  return sizes.map((size) => ({
    height: size,
    width: size,
    url: `${view.images}${id}${size === 640 ? '' : `-${size}`}`,
  }))
}
