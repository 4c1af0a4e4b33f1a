/** The text that percent-encoding stands for (RFC 3986 §2.1), or undefined if it is malformed. */
export function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
