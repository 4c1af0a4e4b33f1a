import { type AnyStagedoorError, isStagedoorError } from '../errors.ts'
import { describe, type HttpErrorCode, type ProblemCode } from './problem-catalogue.ts'

/** The handler's own refusal of a request. Thrown inside the folder, never out of it. */
export class HttpError extends Error {
  readonly code: HttpErrorCode
  readonly headers: Readonly<Record<string, string>>

  constructor(code: HttpErrorCode, headers: Readonly<Record<string, string>> = {}) {
    super(code)
    this.code = code
    this.headers = headers
  }
}

/** A sign-in that failed, with the cookies to be cleared. Thrown inside the folder, never out of it. */
export class FailedSignIn extends Error {
  readonly reason: AnyStagedoorError
  readonly setCookies: readonly string[]

  constructor(reason: AnyStagedoorError, setCookies: readonly string[]) {
    super(reason.code)
    this.reason = reason
    this.setCookies = setCookies
  }
}

/** The body of an `application/problem+json` answer, RFC 9457 §3, with the error's code as an extension member. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  /** What to do. */
  readonly detail: string
  readonly code: ProblemCode
}

/** Describes a code in constant words: nothing of the request and nothing of the error but its code goes in. */
export function problemOf(code: ProblemCode, provider: string): Problem {
  const { status, title, detail } = describe(code, provider)
  return { type: `urn:stagedoor:problem:${code}`, title, status, detail, code }
}

/** Whether the handler answers for this error. Anything else is the host's own and goes on to the host. */
export function isAnswerable(error: unknown): error is HttpError | AnyStagedoorError {
  return error instanceof HttpError || isStagedoorError(error)
}

/** The cookies an error brings along to be cleared. */
export function cookiesOf(error: unknown): readonly string[] {
  const list = (error as { readonly setCookies?: unknown }).setCookies
  return Array.isArray(list) ? list.filter((cookie) => typeof cookie === 'string') : []
}
