import {
  buildClient,
  CommitmentPolicy,
  getLocalCryptographicMaterialsCache,
  KmsKeyringNode,
  NodeCachingMaterialsManager,
} from '@aws-crypto/client-node'
import { createVault, localKms } from '../../dist/vault/index.js'
import type { Context, Row } from '../lib/rows.ts'

export const about =
  '3,000 tokens opened at once while their data key is not in the cache: how many KMS calls does it cost?'

const opens = 3000
const binding = { ownerId: 'owner' }

export async function* run({ note }: Context): AsyncGenerator<Row> {
  const mine = await ours()
  yield row('ours', mine, mine === 1)
  note('the AWS Encryption SDK')
  yield row('AWS Encryption SDK, caching', await aws())
}

function row(subject: string, value: number, pass?: boolean): Row {
  const base = { bench: 'kms-calls', case: `${opens} parallel opens, cold key`, subject, value, unit: 'KMS calls' }
  return pass === undefined ? base : { ...base, target: '1 call', pass }
}

async function ours(): Promise<number> {
  const kms = localKms({ keyId: 'bench', key: crypto.getRandomValues(new Uint8Array(32)) })
  const token = await createVault({ kms }).seal('token', binding)
  let calls = 0
  const counting = {
    keyId: kms.keyId,
    wrapKey: kms.wrapKey.bind(kms),
    async unwrapKey(encryptedKey: Uint8Array) {
      calls++
      await new Promise((resolve) => setTimeout(resolve, 20))
      return kms.unwrapKey(encryptedKey)
    },
  }
  const vault = createVault({ kms: counting })
  await Promise.all(Array.from({ length: opens }, () => vault.open(token, binding)))
  return calls
}

/** The real SDK with a KMS client that makes no requests. */
async function aws(): Promise<number> {
  const keyId = 'arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-0000-0000-000000000000'
  const dataKey = crypto.getRandomValues(new Uint8Array(32))
  let calls = 0
  const client = {
    config: { region: 'eu-west-1' },
    async generateDataKey() {
      return { Plaintext: dataKey.slice(), CiphertextBlob: new Uint8Array(64), KeyId: keyId }
    },
    async encrypt() {
      return { CiphertextBlob: new Uint8Array(64), KeyId: keyId }
    },
    async decrypt() {
      calls++
      await new Promise((resolve) => setTimeout(resolve, 20))
      return { Plaintext: dataKey.slice(), KeyId: keyId }
    },
  }
  const keyring = new KmsKeyringNode({ generatorKeyId: keyId, clientProvider: () => client as never })
  const manager = () =>
    new NodeCachingMaterialsManager({
      backingMaterials: keyring,
      cache: getLocalCryptographicMaterialsCache(100),
      maxAge: 600_000,
    })
  const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  const { result } = await encrypt(manager(), 'token', { encryptionContext: binding })
  const cold = manager()
  await Promise.all(Array.from({ length: opens }, () => decrypt(cold, result)))
  return calls
}
