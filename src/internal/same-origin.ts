/** `url`, absolute or relative, if it has the origin of `base` and no credentials; else `undefined`. */
export function sameOrigin(url: string, base: string | URL): URL | undefined {
  try {
    const root = new URL(base)
    const target = new URL(url, root)
    return target.origin === root.origin && target.username === '' && target.password === '' ? target : undefined
  } catch {
    return undefined
  }
}

/** A second slash, or a character that a lenient parser may read as one, right after the first. */
const schemeRelative = /^\/(\/|%2f|%5c|%[01][0-9a-f])/i

/**
 * Normalises a path for a redirect on `origin`: `/path?query#hash`.
 * `undefined` for anything that is not such a path or that some parser could read as another origin, before or after
 * dot segments are resolved: `//host`, `/\host`, `/./%2fhost`, control characters, other schemes.
 */
export function sameOriginPath(path: string, origin: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are rejected
  if (!path.startsWith('/') || /[\u0000-\u0020\u007f\\]/.test(path) || schemeRelative.test(path)) return undefined
  const target = sameOrigin(path, origin)
  if (target === undefined || schemeRelative.test(target.pathname)) return undefined
  return target.pathname + target.search + target.hash
}
