import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import {
  type Call,
  type StandIn,
  type StandInResponse,
  startStandIn,
  strictBody,
  strictBytes,
  Violation,
} from './service.ts'

export const vaultUrl = 'https://stand-in.vault.azure.net'
export const accessToken = `eyJ${randomBytes(24).toString('base64url')}`

interface Version {
  readonly id: string
  /** A private RSA key, or the bytes of a symmetric one. */
  readonly material: KeyObject | Buffer
  enabled: boolean
}

export interface AzureStandIn extends StandIn {
  createKey(name: string, kind?: 'RSA' | 'oct'): string
  rotate(name: string): void
  setEnabled(name: string, version: number, enabled: boolean): void
  /** Whether the caller has the `get` permission. */
  allowGet(allowed: boolean): void
}

/** Azure Key Vault's data plane with its challenge: `GET /keys`, `wrapkey`, `unwrapkey` of RSA and symmetric keys. */
export async function startAzure(): Promise<AzureStandIn> {
  const keys = new Map<string, Version[]>()
  let getAllowed = true

  const respond = (call: Call): StandInResponse => {
    if (!/^\d{4}-\d{2}-\d{2}$|^7\.\d/.test(call.query.get('api-version') ?? '')) throw new Violation('no api-version')
    if (call.headers.authorization === undefined) return challenge()
    if (call.headers.authorization !== `Bearer ${accessToken}`) throw new Violation('the token is wrong')
    const [, name = '', version = '', verb] =
      call.path.match(/^\/keys\/([^/]+)\/?([^/]*)\/?(wrapkey|unwrapkey)?$/) ?? []
    const versions = keys.get(name)
    const found = version === '' ? versions?.at(-1) : versions?.find(({ id }) => id === version)
    if (found === undefined) return failure(404, 'KeyNotFound')
    const kid = `${vaultUrl}/keys/${name}/${found.id}`
    if (call.method === 'GET' && verb === undefined) {
      if (!getAllowed) return failure(403, 'Forbidden', 'AccessDenied')
      return ok({ key: jwk(found, kid), attributes: { enabled: found.enabled } })
    }
    if (call.method !== 'POST' || verb === undefined) throw new Violation('unknown operation')
    if (verb === 'unwrapkey' && version === '') throw new Violation('the version is not pinned on unwrap')
    if (!found.enabled) return failure(403, 'Forbidden', 'KeyDisabled')
    const body = strictBody(call, ['alg', 'value'])
    if (body.alg !== (Buffer.isBuffer(found.material) ? 'A256KW' : 'RSA-OAEP-256'))
      throw new Violation('another algorithm')
    const value = strictBytes(body.value, 'base64url')
    try {
      return ok({ kid, value: (verb === 'wrapkey' ? wrap : unwrap)(found.material, value).toString('base64url') })
    } catch {
      return failure(400, 'BadParameter')
    }
  }

  const standIn = await startStandIn(
    respond,
    (fault) =>
      fault === 'denied'
        ? failure(403, 'Forbidden', 'AccessDenied')
        : fault === 'throttled'
          ? failure(429, 'Throttled')
          : failure(503, 'ServiceUnavailable'),
    () => failure(400, 'BadParameter'),
  )

  return {
    ...standIn,
    createKey(name, kind = 'RSA') {
      keys.set(name, [newVersion(kind)])
      return `${vaultUrl}/keys/${name}`
    },
    rotate(name) {
      const versions = keys.get(name)
      versions?.push(newVersion(Buffer.isBuffer(versions[0]?.material) ? 'oct' : 'RSA'))
    },
    setEnabled(name, version, enabled) {
      const found = keys.get(name)?.[version - 1]
      if (found) found.enabled = enabled
    },
    allowGet(allowed) {
      getAllowed = allowed
    },
  }
}

function newVersion(kind: 'RSA' | 'oct'): Version {
  const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  return { id: randomBytes(16).toString('hex'), material: kind === 'RSA' ? rsa() : randomBytes(32), enabled: true }
}

function jwk({ material }: Version, kid: string): object {
  const key_ops = ['wrapKey', 'unwrapKey']
  if (Buffer.isBuffer(material)) return { kid, kty: 'oct-HSM', key_ops }
  const { n, e } = createPublicKey(material).export({ format: 'jwk' })
  return { kid, kty: 'RSA', key_ops, n, e }
}

const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
/** AES key wrap, RFC 3394. */
const keyWrap = 'id-aes256-wrap'
const initialValue = Buffer.alloc(8, 0xa6)

function wrap(material: KeyObject | Buffer, value: Buffer): Buffer {
  if (!Buffer.isBuffer(material)) return publicEncrypt({ key: createPublicKey(material), ...padding }, value)
  const cipher = createCipheriv(keyWrap, material, initialValue)
  return Buffer.concat([cipher.update(value), cipher.final()])
}

function unwrap(material: KeyObject | Buffer, value: Buffer): Buffer {
  if (!Buffer.isBuffer(material)) return privateDecrypt({ key: material, ...padding }, value)
  const decipher = createDecipheriv(keyWrap, material, initialValue)
  return Buffer.concat([decipher.update(value), decipher.final()])
}

const ok = (body: unknown): StandInResponse => ({ status: 200, body })
const failure = (status: number, code: string, inner?: string): StandInResponse => ({
  status,
  body: { error: { code, message: `stand-in says ${code}`, ...(inner && { innererror: { code: inner } }) } },
})
const challenge = (): StandInResponse => ({
  status: 401,
  body: { error: { code: 'Unauthorized', message: 'AKV10000: Request is missing a Bearer or PoP token.' } },
  headers: {
    'www-authenticate':
      'Bearer authorization="https://login.microsoftonline.com/00000000-0000-0000-0000-000000000001", resource="https://vault.azure.net"',
  },
})
