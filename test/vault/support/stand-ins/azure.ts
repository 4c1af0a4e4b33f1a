import {
  constants,
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
  readonly privateKey: KeyObject
  enabled: boolean
}

export interface AzureStandIn extends StandIn {
  createKey(name: string): string
  rotate(name: string): void
  setEnabled(name: string, version: number, enabled: boolean): void
  /** Whether the caller has the `get` permission. */
  allowGet(allowed: boolean): void
}

/** Azure Key Vault's data plane with its challenge: `GET /keys`, `wrapkey`, `unwrapkey` of RSA keys. */
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
    if (body.alg !== 'RSA-OAEP-256') throw new Violation('another algorithm')
    const value = strictBytes(body.value, 'base64url')
    const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
    if (verb === 'wrapkey') {
      const wrapped = publicEncrypt({ key: createPublicKey(found.privateKey), ...padding }, value)
      return ok({ kid, value: wrapped.toString('base64url') })
    }
    try {
      return ok({ kid, value: privateDecrypt({ key: found.privateKey, ...padding }, value).toString('base64url') })
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
    createKey(name) {
      keys.set(name, [newVersion()])
      return `${vaultUrl}/keys/${name}`
    },
    rotate(name) {
      keys.get(name)?.push(newVersion())
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

function newVersion(): Version {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { id: randomBytes(16).toString('hex'), privateKey, enabled: true }
}

function jwk({ privateKey }: Version, kid: string): object {
  const { n, e } = createPublicKey(privateKey).export({ format: 'jwk' })
  return { kid, kty: 'RSA', key_ops: ['wrapKey', 'unwrapKey'], n, e }
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
