import type { HttpErrorCode } from '../error-catalogue/http.ts'
import { type AnyStagedoorError, isStagedoorError } from '../errors.ts'

/** A request that the handler itself refuses. Thrown and caught within this folder. */
export class HttpError extends Error {
  readonly code: HttpErrorCode
  readonly headers: Readonly<Record<string, string>>

  constructor(code: HttpErrorCode, headers: Readonly<Record<string, string>> = {}) {
    super(code)
    this.code = code
    this.headers = headers
  }
}

/** A sign-in that failed, with the cookies to be cleared. Thrown and caught within this folder. */
export class SignInError extends Error {
  readonly reason: AnyStagedoorError
  readonly setCookies: readonly string[]

  constructor(reason: AnyStagedoorError, setCookies: readonly string[]) {
    super(reason.code)
    this.reason = reason
    this.setCookies = setCookies
  }
}

/** Whether the handler responds to this error. Any other error is the host's own and is thrown to the host. */
export function hasResponse(error: unknown): error is HttpError | AnyStagedoorError {
  return error instanceof HttpError || isStagedoorError(error)
}

/** The cookies of an error that are to be cleared. */
export function cookiesOf(error: unknown): readonly string[] {
  const list = (error as { readonly setCookies?: unknown }).setCookies
  return Array.isArray(list) ? list.filter((cookie) => typeof cookie === 'string') : []
}
