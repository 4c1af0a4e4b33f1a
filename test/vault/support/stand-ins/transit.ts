import { randomBytes } from 'node:crypto'
import { box, unbox } from './sealed-box.ts'
import { type Call, type StandIn, type StandInResponse, startStandIn, strictBody, strictBytes } from './service.ts'

interface Key {
  readonly versions: Buffer[]
  minDecryptionVersion: number
  prefix: string
}

export interface TransitStandIn extends StandIn {
  /** The tokens that are accepted. */
  readonly tokens: Set<string>
  createKey(name: string): void
  rotate(name: string): void
  /** Forgets the newest version, as a restored backup does. */
  forgetNewest(name: string): void
  setMinDecryptionVersion(name: string, version: number): void
  setPrefix(name: string, prefix: string): void
}

/** HashiCorp Vault's transit engine, one mount: `encrypt`, `decrypt`, `rewrap`. Messages are the server's own. */
export async function startTransit(mount = 'transit'): Promise<TransitStandIn> {
  const keys = new Map<string, Key>()
  const tokens = new Set([`hvs.${randomBytes(12).toString('base64url')}`])

  const open = (key: Key, ciphertext: unknown): Buffer | StandInResponse => {
    const text = String(ciphertext)
    if (!text.startsWith(key.prefix)) return failure(400, 'invalid ciphertext: no prefix')
    const [, version, encoded] = text.slice(key.prefix.length).match(/^(\d+):(.+)$/) ?? []
    if (version === undefined) return failure(400, 'invalid ciphertext: wrong number of fields')
    if (Number(version) > key.versions.length) return failure(400, 'invalid ciphertext: version is too new')
    if (Number(version) < key.minDecryptionVersion)
      return failure(400, 'ciphertext or signature version is disallowed by policy (too old)')
    const material = key.versions[Number(version) - 1]
    const plaintext = material && unbox(material, strictBytes(encoded, 'base64'), Buffer.alloc(0))
    return plaintext ?? failure(400, 'cipher: message authentication failed')
  }

  const seal = (key: Key, plaintext: Buffer): object => {
    const sealed = box(key.versions.at(-1) as Buffer, plaintext, Buffer.alloc(0))
    const key_version = key.versions.length
    return { ciphertext: `${key.prefix}${key_version}:${sealed.toString('base64')}`, key_version }
  }

  const respond = (call: Call): StandInResponse => {
    if (!tokens.has(String(call.headers['x-vault-token']))) return failure(403, 'permission denied')
    const [, at, verb = '', name = ''] = call.path.match(/^\/v1\/(.+)\/(encrypt|decrypt|rewrap)\/([^/]+)$/) ?? []
    if (call.method !== 'POST' || at !== mount)
      return { status: 404, body: { errors: [`no handler for route "${call.path}"`] } }
    const key = keys.get(name)
    if (key === undefined) return failure(400, 'encryption key not found')
    if (verb === 'encrypt') {
      const body = strictBody(call, ['plaintext'])
      return ok(seal(key, strictBytes(body.plaintext, 'base64')))
    }
    const plaintext = open(key, strictBody(call, ['ciphertext']).ciphertext)
    if (!Buffer.isBuffer(plaintext)) return plaintext
    return ok(verb === 'decrypt' ? { plaintext: plaintext.toString('base64') } : seal(key, plaintext))
  }

  const standIn = await startStandIn(
    respond,
    (fault) =>
      fault === 'denied'
        ? failure(403, 'permission denied')
        : fault === 'throttled'
          ? failure(429, 'request path "transit/": rate limit quota exceeded')
          : failure(503, 'Vault is sealed'),
    (violation) => failure(400, violation.message),
  )

  const change = (name: string, edit: (key: Key) => void): void => {
    const key = keys.get(name)
    if (key) edit(key)
  }
  return {
    ...standIn,
    tokens,
    createKey: (name) =>
      void keys.set(name, { versions: [randomBytes(32)], minDecryptionVersion: 1, prefix: 'vault:v' }),
    rotate: (name) => change(name, (key) => key.versions.push(randomBytes(32))),
    forgetNewest: (name) => change(name, (key) => key.versions.pop()),
    setMinDecryptionVersion: (name, version) =>
      change(name, (key) => {
        key.minDecryptionVersion = version
      }),
    setPrefix: (name, prefix) =>
      change(name, (key) => {
        key.prefix = prefix
      }),
  }
}

const ok = (data: object): StandInResponse => ({
  status: 200,
  body: { request_id: randomBytes(8).toString('hex'), data },
})
const failure = (status: number, message: string): StandInResponse => ({ status, body: { errors: [message] } })
