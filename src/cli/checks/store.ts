import { StoreError } from '../../errors.ts'
import { base64url, randomBytes } from '../../internal/bytes.ts'
import type { StoredConnection, TokenStore } from '../../stores/store.ts'
import { type CliConfig, requireStore } from '../config-file.ts'
import { type Finding, ok, problem } from '../finding.ts'

/** A separate provider id, so that no application ever reads these records. */
const provider = 'stagedoor-doctor'

/** Checks that the store can be read and written: writes a record without a token and deletes it again. */
export async function checkStore(config: CliConfig, signal: AbortSignal): Promise<Finding[]> {
  try {
    const start = performance.now()
    await tryStore(requireStore(config), signal)
    return [ok('store', `Wrote, read and deleted a record in ${Math.round(performance.now() - start)} ms.`)]
  } catch (error) {
    return [problem('store', error)]
  }
}

async function tryStore(store: TokenStore, signal: AbortSignal): Promise<void> {
  const record = createTestRecord(`check-${base64url(randomBytes(12))}`)
  const written = await store.compareAndSet(record, undefined, record, { signal })
  try {
    const read = await store.get(record, { signal })
    if (!written || read?.revision !== record.revision) {
      throw new StoreError('STORE_UNAVAILABLE', 'The store did not return the record that was just written to it.')
    }
  } finally {
    await store.compareAndSet(record, record.revision, undefined)
  }
}

/** A record whose token cannot be decrypted: its ciphertext is random. */
function createTestRecord(ownerId: string): StoredConnection {
  const at = Date.now()
  const token = {
    version: 1 as const,
    keyId: 'doctor',
    dataKeyId: base64url(randomBytes(24)),
    encryptedKey: base64url(randomBytes(60)),
    nonce: base64url(randomBytes(12)),
    encryptedData: base64url(randomBytes(32)),
  }
  return {
    provider,
    ownerId,
    account: '',
    app: 'doctor',
    revision: base64url(randomBytes(18)),
    scopes: [],
    accessToken: token,
    expiresAt: at,
    authorizedAt: at,
    status: 'connected',
    checkAt: at + 86_400_000,
    nextCheckAt: at + 86_400_000,
    createdAt: at,
    updatedAt: at,
  }
}
