import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  getLocalCryptographicMaterialsCache,
  NodeCachingMaterialsManager,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node'
import { defaults, seal as ironSeal, unseal as ironUnseal } from 'iron-webcrypto'
import { CompactEncrypt, compactDecrypt } from 'jose'
import { createVault, localKms } from '../../dist/vault/index.js'
import { compared } from '../lib/compare.ts'
import { againstFloor } from '../lib/measure.ts'
import type { Context, Row } from '../lib/rows.ts'

export const about =
  'Seal and open a token of 600 bytes; the floor is two bare AES-GCM calls of Web Crypto on the same bytes.'

const token = Buffer.from(crypto.getRandomValues(new Uint8Array(450))).toString('base64url')
const binding = { clientId: 'client', provider: 'spotify', ownerId: 'owner-1234', field: 'access' }

export async function* run({ note }: Context): AsyncGenerator<Row> {
  const subjects = { ours: await ours(), ...(await peers()) }
  const bare = await floor()
  note('serial')
  yield* compared('vault', 'seal + open, serial', await againstFloor(bare, subjects, { calls: 150 }), 'µs', {
    subject: 'ours',
    atMost: 1.25,
  })
  note('100 in parallel')
  const parallel = await againstFloor(bare, subjects, { calls: 5 }, 100)
  yield* compared('vault', 'seal + open, 100 in parallel', parallel, 'µs', { subject: 'ours', atMost: 1.6 })
  note('each half alone')
  const { seal, open } = await halves()
  yield* compared('vault', 'seal, serial', await againstFloor(seal.floor, { ours: seal.ours }, { calls: 200 }), 'µs')
  yield* compared('vault', 'open, serial', await againstFloor(open.floor, { ours: open.ours }, { calls: 200 }), 'µs')
}

async function floor() {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  const bytes = new TextEncoder().encode(token)
  return async (): Promise<void> => {
    const iv = crypto.getRandomValues(new Uint8Array(12))
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, bytes)
    await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, sealed)
  }
}

async function ours() {
  const vault = createVault({ kms: localKms({ keyId: 'bench', key: crypto.getRandomValues(new Uint8Array(32)) }) })
  return async () => {
    if ((await vault.open(await vault.seal(token, binding), binding)) !== token) throw new Error('not the same')
  }
}

async function peers() {
  const raw = crypto.getRandomValues(new Uint8Array(32))
  const password = Buffer.from(raw).toString('hex')
  const bytes = new TextEncoder().encode(token)
  const jose = async (): Promise<void> => {
    const jwe = await new CompactEncrypt(bytes).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(raw)
    await compactDecrypt(jwe, raw)
  }
  const iron = async (): Promise<void> => {
    await ironUnseal(await ironSeal(token, password, defaults), password, defaults)
  }
  const { encrypt, decrypt } = buildClient(CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)
  const keyring = new RawAesKeyringNode({
    keyName: 'bench',
    keyNamespace: 'bench',
    unencryptedMasterKey: raw,
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  })
  const cmm = new NodeCachingMaterialsManager({
    backingMaterials: keyring,
    cache: getLocalCryptographicMaterialsCache(100),
    maxAge: 600_000,
    partition: 'bench',
  })
  const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA256
  const aws = async (): Promise<void> => {
    const { result } = await encrypt(cmm, token, { encryptionContext: binding, suiteId, plaintextLength: token.length })
    await decrypt(cmm, result)
  }
  return { 'jose JWE (dir)': jose, 'iron-webcrypto': iron, 'AWS Encryption SDK, caching': aws }
}

async function halves() {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  const bytes = new TextEncoder().encode(token)
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const ciphertext = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, bytes)
  const vault = createVault({ kms: localKms({ keyId: 'bench', key: crypto.getRandomValues(new Uint8Array(32)) }) })
  const sealed = await vault.seal(token, binding)
  return {
    seal: {
      floor: () =>
        crypto.subtle.encrypt({ name: 'AES-GCM', iv: crypto.getRandomValues(new Uint8Array(12)) }, key, bytes),
      ours: () => vault.seal(token, binding),
    },
    open: {
      floor: () => crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, ciphertext),
      ours: () => vault.open(sealed, binding),
    },
  }
}
