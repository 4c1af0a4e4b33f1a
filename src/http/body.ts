import { concat, fromUtf8 } from '../internal/bytes.ts'
import { isObject } from '../internal/is-object.ts'
import { HttpError } from './http-error.ts'

/** The largest request body, in bytes. */
export const maxBodyBytes = 16 * 1024

async function readBytes(request: Request): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) throw new HttpError('HTTP_BODY_TOO_LARGE')
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = request.body.getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    size += read.value.length
    // Not cancelled: on Node that would close the socket before the response is sent.
    if (size > maxBodyBytes) throw new HttpError('HTTP_BODY_TOO_LARGE')
    chunks.push(read.value)
  }
  return concat(chunks)
}

/**
 * Reads a JSON object of at most 16 KiB and picks the named members, which must be strings. Others are ignored, and
 * inherited ones do not count. Throws `HttpError` for another media type, a larger body or anything malformed.
 */
export async function readParameters(request: Request, names: readonly string[]): Promise<URLSearchParams> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') throw new HttpError('HTTP_UNSUPPORTED_MEDIA_TYPE')
  const value = parse(await readBytes(request))
  if (!isObject(value)) throw new HttpError('HTTP_BAD_BODY')
  const parameters = new URLSearchParams()
  for (const name of names) {
    if (!Object.hasOwn(value, name)) continue
    const member = value[name]
    if (member === null || member === undefined) continue
    if (typeof member !== 'string') throw new HttpError('HTTP_BAD_BODY')
    parameters.set(name, member)
  }
  return parameters
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes))
  } catch {
    throw new HttpError('HTTP_BAD_BODY')
  }
}
