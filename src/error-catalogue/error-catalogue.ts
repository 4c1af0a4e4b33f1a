import type { ErrorCode } from '../error-codes.ts'
import { apiErrors } from './api.ts'
import { configErrors } from './config.ts'
import { connectionErrors } from './connection.ts'
import type { ErrorEntry, ProblemText } from './entry.ts'
import { type HttpErrorCode, httpErrors } from './http.ts'
import { loginErrors } from './login.ts'
import { storeErrors } from './store.ts'
import { vaultErrors } from './vault.ts'

/** Every code that a response of the handler can have. */
export type ProblemCode = ErrorCode | HttpErrorCode

/**
 * What each code means, who acts and how, and what a client of the HTTP endpoints receives. A code without its entry does
 * not compile. The command line, the HTTP handler and the guides take their texts from here.
 */
export const errorCatalogue: Readonly<Record<ErrorCode, ErrorEntry>> = {
  ...configErrors,
  ...loginErrors,
  ...connectionErrors,
  ...storeErrors,
  ...vaultErrors,
  ...apiErrors,
}

const problems: Readonly<Record<ProblemCode, Pick<ErrorEntry, 'problem'>>> = { ...httpErrors, ...errorCatalogue }

/** Every code that a response of the handler can have, those of the handler itself first. */
export const problemCodes = Object.keys(problems) as readonly ProblemCode[]

/** Status, title and detail of a code, with the provider's name where they mention it. */
export function problemText(code: ProblemCode, provider: string): ProblemText {
  const { status, title, detail } = problems[code].problem
  const named = (text: string): string => text.replaceAll('{provider}', () => provider)
  return { status, title: named(title), detail: named(detail) }
}
