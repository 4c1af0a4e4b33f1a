import { type ProblemCode, problemText } from '../error-catalogue/error-catalogue.ts'

/** The body of an `application/problem+json` response, RFC 9457 §3, with the error's code as an extension member. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  /** What the user or the operator can do. */
  readonly detail: string
  readonly code: ProblemCode
}

/** Describes a code in a constant text: it contains nothing of the request, and of the error only its code. */
export function problemOf(code: ProblemCode, provider: string): Problem {
  const { status, title, detail } = problemText(code, provider)
  return { type: `urn:stagedoor:problem:${code}`, title, status, detail, code }
}
