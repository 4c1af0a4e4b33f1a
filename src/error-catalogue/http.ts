import type { ProblemText } from './entry.ts'

/** The requests that the handler itself refuses. */
export type HttpErrorCode =
  | 'HTTP_UNAUTHENTICATED'
  | 'HTTP_FORBIDDEN_ORIGIN'
  | 'HTTP_NOT_FOUND'
  | 'HTTP_METHOD_NOT_ALLOWED'
  | 'HTTP_BODY_TOO_LARGE'
  | 'HTTP_URL_TOO_LONG'
  | 'HTTP_UNSUPPORTED_MEDIA_TYPE'
  | 'HTTP_BAD_BODY'
  | 'HTTP_BAD_QUERY'
  | 'HTTP_BAD_RETURN_TO'
  | 'HTTP_SCOPE_NOT_ALLOWED'

type HttpErrorEntry = { readonly problem: ProblemText }

const text = (status: number, title: string, detail: string): HttpErrorEntry => ({ problem: { status, title, detail } })

/** Codes without an error class: only a client of the HTTP endpoints receives them. */
export const httpErrors = {
  HTTP_UNAUTHENTICATED: text(401, 'Not signed in', 'Sign in to this application first, then try again.'),
  HTTP_FORBIDDEN_ORIGIN: text(
    403,
    'Foreign origin',
    'Send the request from a page of this application, or list the origin.',
  ),
  HTTP_NOT_FOUND: text(404, 'No such resource', 'Use one of auth, callback, connection and health.'),
  HTTP_METHOD_NOT_ALLOWED: text(405, 'Method not allowed', 'Use a method that the Allow header names.'),
  HTTP_BODY_TOO_LARGE: text(413, 'Body too large', 'Send at most 16 KiB.'),
  HTTP_URL_TOO_LONG: text(414, 'URL too long', 'Send a URL of at most 8,192 characters.'),
  HTTP_UNSUPPORTED_MEDIA_TYPE: text(415, 'Unsupported media type', 'Send the body as application/json.'),
  HTTP_BAD_BODY: text(400, 'Malformed body', 'Send a JSON object with the parameters of the callback as strings.'),
  HTTP_BAD_QUERY: text(400, 'Malformed query', 'Send each of returnTo, scope and showDialog at most once.'),
  HTTP_BAD_RETURN_TO: text(
    400,
    'Unacceptable returnTo',
    'Send a path of this origin, such as /library, of at most 512 bytes.',
  ),
  HTTP_SCOPE_NOT_ALLOWED: text(400, 'Scope not offered', 'Ask only for scopes that this application lists.'),
} as const satisfies Record<HttpErrorCode, HttpErrorEntry>
