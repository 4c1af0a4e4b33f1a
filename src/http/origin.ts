import { HttpError } from './http-error.ts'
import type { Site } from './site.ts'

/**
 * Refuses a state-changing request from a page of another origin: by its `Origin`, or by `Sec-Fetch-Site` where there
 * is none. A client that sends neither is not a browser and is accepted (OWASP, Fetch Metadata and Origin checks).
 */
export function checkOrigin(request: Request, site: Site): void {
  const origin = request.headers.get('origin')
  if (origin !== null && site.allowedOrigins.has(origin)) return
  if (origin !== null && origin !== site.origin) throw new HttpError('HTTP_FORBIDDEN_ORIGIN')
  const fetchSite = request.headers.get('sec-fetch-site')
  if (fetchSite !== null && fetchSite !== 'same-origin' && fetchSite !== 'none')
    throw new HttpError('HTTP_FORBIDDEN_ORIGIN')
}

/** Lets a listed origin read the response, cookies included (Fetch standard, CORS protocol). */
export function allowOrigin(request: Request, response: Response, site: Site): Response {
  if (site.allowedOrigins.size === 0) return response
  response.headers.append('vary', 'Origin')
  const origin = request.headers.get('origin')
  if (origin === null || !site.allowedOrigins.has(origin)) return response
  response.headers.set('access-control-allow-origin', origin)
  response.headers.set('access-control-allow-credentials', 'true')
  return response
}

/** The headers of the response to a preflight request. */
export function preflight(request: Request, site: Site, methods: string): Readonly<Record<string, string>> {
  const origin = request.headers.get('origin')
  if (origin === null || !site.allowedOrigins.has(origin)) return { allow: methods }
  return {
    allow: methods,
    'access-control-allow-methods': methods,
    'access-control-allow-headers': 'content-type',
    'access-control-max-age': '600',
  }
}
