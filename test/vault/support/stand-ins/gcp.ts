import { randomBytes } from 'node:crypto'
import { box, unbox } from './sealed-box.ts'
import {
  type Call,
  type StandIn,
  type StandInResponse,
  startStandIn,
  strictBody,
  strictBytes,
  Violation,
} from './service.ts'

export const accessToken = `ya29.${randomBytes(24).toString('base64url')}`
const keyPattern = /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/

interface Version {
  readonly material: Buffer
  enabled: boolean
}

export interface GcpStandIn extends StandIn {
  createKey(id: string): string
  /** Makes a new primary version. */
  rotate(name: string): void
  setEnabled(name: string, version: number, enabled: boolean): void
  /** Performs one operation as the REST binding would, for the other transport. */
  perform(path: string, body: object): StandInResponse
  /** The next responses have a wrong checksum. */
  garble(times: number): void
}

/** Google Cloud KMS over its REST binding: `encrypt` and `decrypt` of a symmetric key, with CRC-32C in both directions. */
export async function startGcp(): Promise<GcpStandIn> {
  const keys = new Map<string, Version[]>()
  let garbled = 0

  const checksum = (bytes: Buffer): { value: string } | string => {
    if (garbled > 0) {
      garbled--
      return String((castagnoli(bytes) ^ 1) >>> 0)
    }
    return String(castagnoli(bytes))
  }

  const respond = (call: Call): StandInResponse => {
    if (call.headers.authorization !== `Bearer ${accessToken}`) return failure(401, 'UNAUTHENTICATED')
    const [, name = '', verb] = call.path.match(/^\/v1\/(.+):(encrypt|decrypt)$/) ?? []
    if (call.method !== 'POST' || !keyPattern.test(name)) throw new Violation('unknown method or a name with a version')
    const versions = keys.get(name)
    if (versions === undefined) return failure(404, 'NOT_FOUND')
    const aadFields = ['additionalAuthenticatedData', 'additionalAuthenticatedDataCrc32c']
    if (verb === 'encrypt') {
      const body = strictBody(call, ['plaintext', 'plaintextCrc32c', ...aadFields], ['name'])
      const plaintext = checkedBytes(body, 'plaintext')
      const aad = checkedBytes(body, 'additionalAuthenticatedData')
      const primary = versions.at(-1)
      if (!primary?.enabled) return failure(400, 'FAILED_PRECONDITION')
      const head = Buffer.from([0x0a, versions.length])
      const ciphertext = Buffer.concat([head, box(primary.material, plaintext, Buffer.concat([head, aad]))])
      return ok({
        name: `${name}/cryptoKeyVersions/${versions.length}`,
        ciphertext: ciphertext.toString('base64'),
        ciphertextCrc32c: checksum(ciphertext),
        verifiedPlaintextCrc32c: true,
        verifiedAdditionalAuthenticatedDataCrc32c: true,
        protectionLevel: 'SOFTWARE',
      })
    }
    const body = strictBody(call, ['ciphertext', 'ciphertextCrc32c', ...aadFields], ['name'])
    const ciphertext = checkedBytes(body, 'ciphertext')
    const aad = checkedBytes(body, 'additionalAuthenticatedData')
    const version = versions[(ciphertext[1] ?? 0) - 1]
    if (ciphertext[0] !== 0x0a || version === undefined) return failure(400, 'INVALID_ARGUMENT')
    if (!version.enabled) return failure(400, 'FAILED_PRECONDITION')
    const head = ciphertext.subarray(0, 2)
    const plaintext = unbox(version.material, ciphertext.subarray(2), Buffer.concat([head, aad]))
    if (plaintext === undefined) return failure(400, 'INVALID_ARGUMENT')
    return ok({
      plaintext: plaintext.toString('base64'),
      plaintextCrc32c: checksum(plaintext),
      usedPrimary: version === versions.at(-1),
      protectionLevel: 'SOFTWARE',
    })
  }

  const standIn = await startStandIn(
    respond,
    (fault) =>
      fault === 'denied'
        ? failure(403, 'PERMISSION_DENIED')
        : fault === 'throttled'
          ? failure(429, 'RESOURCE_EXHAUSTED')
          : failure(503, 'UNAVAILABLE'),
    () => failure(400, 'INVALID_ARGUMENT'),
  )

  return {
    ...standIn,
    perform(path, body) {
      const headers = { authorization: `Bearer ${accessToken}` }
      return respond({ method: 'POST', path, query: new URLSearchParams(), headers, body: JSON.stringify(body) })
    },
    createKey(id) {
      const name = `projects/p1/locations/europe-west1/keyRings/ring/cryptoKeys/${id}`
      keys.set(name, [{ material: randomBytes(32), enabled: true }])
      return name
    },
    rotate(name) {
      keys.get(name)?.push({ material: randomBytes(32), enabled: true })
    },
    setEnabled(name, version, enabled) {
      const found = keys.get(name)?.[version - 1]
      if (found) found.enabled = enabled
    },
    garble(times) {
      garbled = times
    },
  }
}

const ok = (body: unknown): StandInResponse => ({ status: 200, body })
const failure = (code: number, status: string): StandInResponse => ({
  status: code,
  body: { error: { code, message: `stand-in says ${status}`, status, details: [] } },
})

function checkedBytes(body: Record<string, unknown>, field: string): Buffer {
  const bytes = strictBytes(body[field], 'base64')
  const sent = body[`${field}Crc32c`]
  if (String(sent) !== String(castagnoli(bytes))) throw new Violation(`${field}Crc32c is missing or wrong`)
  return bytes
}

/** CRC-32C bit by bit, on purpose not the adapter's own table. */
function castagnoli(bytes: Buffer): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}
