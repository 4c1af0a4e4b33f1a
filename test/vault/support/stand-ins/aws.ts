import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto'
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

export const credentials = { accessKeyId: 'AKIDSTANDIN', secretAccessKey: randomBytes(20).toString('hex') }
export const region = 'eu-west-1'
const operations = ['Encrypt', 'Decrypt', 'ReEncrypt']

interface Key {
  readonly material: Buffer[]
  enabled: boolean
}

export interface AwsStandIn extends StandIn {
  createKey(): string
  /** New key material under the same ARN, as the service's yearly rotation makes it. */
  rotate(arn: string): void
  setEnabled(arn: string, enabled: boolean): void
}

/** AWS KMS over JSON 1.1 with checked Signature Version 4: `Encrypt`, `Decrypt`, `ReEncrypt` of symmetric keys. */
export async function startAws(): Promise<AwsStandIn> {
  const keys = new Map<string, Key>()

  const keyOf = (arn: unknown): Key | StandInResponse => {
    if (typeof arn !== 'string') throw new Violation('KeyId is not pinned')
    const key = keys.get(arn)
    if (key === undefined) return failure(400, 'NotFoundException')
    return key.enabled ? key : failure(400, 'DisabledException')
  }

  const seal = (arn: string, key: Key, plaintext: Buffer, context: unknown): string => {
    const generation = key.material.length - 1
    const material = key.material[generation] as Buffer
    const name = Buffer.from(arn)
    const header = Buffer.from([1, name.length, ...name, generation])
    return Buffer.concat([header, box(material, plaintext, contextBytes(context, header))]).toString('base64')
  }

  const open = (arn: unknown, blob: Buffer, context: unknown): Buffer | StandInResponse => {
    const key = keyOf(arn)
    if (!('material' in key)) return key
    const length = blob[1] ?? 0
    const end = 3 + length
    if (blob[0] !== 1 || blob.length < end + 28) return failure(400, 'InvalidCiphertextException')
    const wrappedBy = blob.subarray(2, 2 + length).toString()
    if (!keys.has(wrappedBy)) return failure(400, 'InvalidCiphertextException')
    if (wrappedBy !== arn) return failure(400, 'IncorrectKeyException')
    const material = key.material[blob[2 + length] ?? -1]
    const header = blob.subarray(0, end)
    const plaintext = material && unbox(material, blob.subarray(end), contextBytes(context, header))
    return plaintext ?? failure(400, 'InvalidCiphertextException')
  }

  const respond = (call: Call): StandInResponse => {
    checkSignature(call)
    const operation = String(call.headers['x-amz-target']).replace(/^TrentService\./, '')
    if (call.method !== 'POST' || call.path !== '/' || !operations.includes(operation))
      throw new Violation('unknown operation')
    if (call.headers['content-type'] !== 'application/x-amz-json-1.1') throw new Violation('content type')
    if (operation === 'Encrypt') {
      const body = strictBody(call, ['KeyId', 'Plaintext', 'EncryptionContext'])
      const key = keyOf(body.KeyId)
      if (!('material' in key)) return key
      const CiphertextBlob = seal(
        String(body.KeyId),
        key,
        strictBytes(body.Plaintext, 'base64'),
        body.EncryptionContext,
      )
      return ok({ CiphertextBlob, KeyId: body.KeyId, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' })
    }
    if (operation === 'Decrypt') {
      const body = strictBody(call, ['KeyId', 'CiphertextBlob', 'EncryptionContext'])
      const plaintext = open(body.KeyId, strictBytes(body.CiphertextBlob, 'base64'), body.EncryptionContext)
      if (!Buffer.isBuffer(plaintext)) return plaintext
      return ok({
        Plaintext: plaintext.toString('base64'),
        KeyId: body.KeyId,
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      })
    }
    const body = strictBody(call, [
      'CiphertextBlob',
      'SourceKeyId',
      'SourceEncryptionContext',
      'DestinationKeyId',
      'DestinationEncryptionContext',
    ])
    const plaintext = open(body.SourceKeyId, strictBytes(body.CiphertextBlob, 'base64'), body.SourceEncryptionContext)
    if (!Buffer.isBuffer(plaintext)) return plaintext
    const target = keyOf(body.DestinationKeyId)
    if (!('material' in target)) return target
    const CiphertextBlob = seal(String(body.DestinationKeyId), target, plaintext, body.DestinationEncryptionContext)
    return ok({ CiphertextBlob, SourceKeyId: body.SourceKeyId, KeyId: body.DestinationKeyId })
  }

  const standIn = await startStandIn(
    respond,
    (fault) =>
      fault === 'denied'
        ? failure(400, 'AccessDeniedException')
        : fault === 'throttled'
          ? failure(400, 'ThrottlingException')
          : failure(500, 'KMSInternalException'),
    () => failure(400, 'ValidationException'),
  )

  return {
    ...standIn,
    createKey() {
      const arn = `arn:aws:kms:${region}:111122223333:key/${randomUUID()}`
      keys.set(arn, { material: [randomBytes(32)], enabled: true })
      return arn
    },
    rotate(arn) {
      keys.get(arn)?.material.push(randomBytes(32))
    },
    setEnabled(arn, enabled) {
      const key = keys.get(arn)
      if (key) key.enabled = enabled
    },
  }
}

const ok = (body: unknown): StandInResponse => reply(200, body)
const failure = (status: number, type: string): StandInResponse =>
  reply(status, { __type: type, message: `stand-in says ${type}` })
const reply = (status: number, body: unknown): StandInResponse => ({
  status,
  body,
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() },
})

/** The contexts of a data key that was made under its key, and of one that has come from another key. */
const contexts = new Set([
  '{"stagedoor:purpose":"data-key"}',
  '{"stagedoor:purpose":"data-key","stagedoor:moved":"true"}',
])

function contextBytes(context: unknown, header: Buffer): Buffer {
  if (typeof context !== 'object' || context === null) throw new Violation('no encryption context')
  if (!contexts.has(JSON.stringify(context))) throw new Violation('the context says too much')
  return Buffer.concat([header, Buffer.from(JSON.stringify(context))])
}

/** AWS Signature Version 4 over the request as it arrived. */
function checkSignature({ method, path, headers, body }: Call): void {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/kms\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/
  const [, id, day = '', signedRegion = '', names = '', signature] = headers.authorization?.match(pattern) ?? []
  if (id !== credentials.accessKeyId) throw new Violation('not signed with Signature Version 4')
  const canonicalHeaders = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const canonical = [method, path, '', canonicalHeaders.join(''), names, hash(body)].join('\n')
  const scope = `${day}/${signedRegion}/kms/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash(canonical)].join('\n')
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const parts = [day, signedRegion, 'kms', 'aws4_request']
  const key = parts.reduce<string | Buffer>((last, part) => hmac(last, part), `AWS4${credentials.secretAccessKey}`)
  if (hmac(key, toSign).toString('hex') !== signature) throw new Violation('the signature is wrong')
}
