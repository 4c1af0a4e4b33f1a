/** The page sizes of most lists: at most 50, 20 by default. */
export const standardPage = { development: 50, extended: 50, default: 20 } as const

/** Lists whose pages became smaller in Development Mode in February 2026. */
export const reducedPage = { development: 10, extended: 50, default: 5 } as const

/** The items of a playlist: at most 50 in Development Mode, 100 with extended quota. */
export const playlistItemsPage = { development: 50, extended: 100, default: 20 } as const

export const paging = { limit: 'integer?', offset: 'integer?' } as const
export const market = { market: 'string?' } as const
