const attributes = [
  'acousticness',
  'danceability',
  'duration_ms',
  'energy',
  'instrumentalness',
  'key',
  'liveness',
  'loudness',
  'mode',
  'popularity',
  'speechiness',
  'tempo',
  'time_signature',
  'valence',
] as const
const integers = new Set<string>(['duration_ms', 'key', 'mode', 'popularity', 'time_signature'])

/** The audio attributes that recommendations can be tuned by, each with a smallest, a largest and a target value. */
export type Tunables = { readonly [A in `${'min' | 'max' | 'target'}_${(typeof attributes)[number]}`]: 'number?' }

export const tunables: Readonly<Record<string, 'integer?' | 'number?'>> = Object.fromEntries(
  attributes.flatMap((attribute) =>
    ['min', 'max', 'target'].map((bound) => [
      `${bound}_${attribute}`,
      integers.has(attribute) ? 'integer?' : 'number?',
    ]),
  ),
)
