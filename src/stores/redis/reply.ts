import { ConfigError } from '../../errors.ts'
import { fromUtf8 } from '../../internal/bytes.ts'

/** A reply of Redis, the same from every client: numbers and bytes as text, `undefined` for nil and for malformed UTF-8. */
export type Reply = string | undefined | readonly Reply[]

/** Brings what a client returns to one form, whatever types the application has configured. */
export function normalReply(value: unknown): Reply {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return undefined
  if (Array.isArray(value)) return value.map(normalReply)
  if (typeof value === 'number' || typeof value === 'bigint') return `${value}`
  if (!(value instanceof Uint8Array)) throw unsupportedReply()
  try {
    return fromUtf8(value)
  } catch {
    return undefined
  }
}

export function textReply(reply: Reply): string {
  if (typeof reply !== 'string') throw unsupportedReply()
  return reply
}

export function listReply(reply: Reply): readonly Reply[] {
  if (typeof reply === 'string' || reply === undefined) throw unsupportedReply()
  return reply
}

/** Whether a script has done what it was asked for. */
export function doneReply(reply: Reply): boolean {
  if (reply !== '1' && reply !== '0') throw unsupportedReply()
  return reply === '1'
}

/** The texts of a list; `undefined` if it is none. */
export function textsReply(reply: Reply): readonly (string | undefined)[] | undefined {
  if (typeof reply === 'string' || reply === undefined) return undefined
  return reply.map((value) => (typeof value === 'string' ? value : undefined))
}

function unsupportedReply(): ConfigError {
  return new ConfigError(
    'CONFIG_UNSUPPORTED_CLIENT',
    'The Redis client does not return the replies of scripts as they are.',
  )
}
