/** The tokens of one grant, as a token endpoint returned them. `expiresAt` is epoch milliseconds. */
export interface TokenSet {
  readonly accessToken: string
  /** Absent when the server sent none: keep the current one. */
  readonly refreshToken?: string | undefined
  readonly expiresAt: number
  readonly scopes: readonly string[]
}
