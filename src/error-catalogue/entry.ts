/** Who acts on an error. `caller`: the calling code, by trying again later. */
type Actor = 'developer' | 'user' | 'database operator' | 'key operator' | 'caller'

/** What a client of the HTTP endpoints receives. `{provider}` is replaced by the name of the provider. */
export interface ProblemText {
  readonly status: number
  /** What happened, the same for every occurrence. */
  readonly title: string
  /** What to do. */
  readonly detail: string
}

/** Everything there is to read about a code. Whether it is retryable by default is decided by its class in `errors.ts`. */
export interface ErrorEntry {
  readonly actor: Actor
  /** When it happens. */
  readonly meaning: string
  /** What to do, in the imperative. */
  readonly action: string
  readonly problem: ProblemText
}

/** A problem that only the operator of the application can solve. */
export const forOperator = (status: number, title: string): ProblemText => ({
  status,
  title,
  detail: 'This is not caused by the user. Contact the operator of this application and give the code.',
})

/** A problem that may be gone in a few minutes. */
export const forLater = (status: number, title: string): ProblemText => ({
  status,
  title,
  detail: 'Try again in a few minutes.',
})

/** The database or the key service does not respond. */
export const serviceUnavailable = forLater(503, 'A service that this application needs does not respond')
