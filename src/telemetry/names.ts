/** The name of the tracer and the meter. */
export const instrumentationName = 'stagedoor'

/** Bucket boundaries in seconds: those of the semantic conventions for HTTP clients, and longer ones for waits. */
export const secondBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60]

/** The first segment of a path template, or the first two below `/me`: `playlists`, `albums`, `me/library`. */
export function endpointGroup(path: string): string {
  const [first = '', second = ''] = path.split('/').filter(Boolean)
  const name = first === 'me' && second !== '' ? `me/${second}` : first
  return name.includes('{') || name === '' ? '_OTHER' : name
}
