/** Decodes percent-encoded text (RFC 3986 §2.1); undefined if it is malformed. */
export function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
