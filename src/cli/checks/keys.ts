import { VaultError } from '../../errors.ts'
import { randomBytes, sameBytes } from '../../internal/bytes.ts'
import type { Kms } from '../../vault/kms.ts'
import type { Vault } from '../../vault/vault.ts'
import { type CliConfig, requireVault } from '../config-file.ts'
import { type Finding, ok, problem } from '../finding.ts'

/** Checks that the KMS wraps and unwraps a key, and that the vault encrypts and decrypts a token. */
export async function checkKeys(config: CliConfig, signal: AbortSignal): Promise<Finding[]> {
  const findings: Finding[] = []
  if (config.kms !== undefined) findings.push(await roundTrip('kms', () => tryKms(config.kms as Kms, signal)))
  if (findings.some(({ status }) => status === 'problem')) return findings
  try {
    const vault = requireVault(config)
    findings.push(await roundTrip('vault', () => tryVault(vault, signal)))
  } catch (error) {
    findings.push(problem('vault', error))
  }
  return findings
}

async function roundTrip(check: string, operation: () => Promise<string>): Promise<Finding> {
  const start = performance.now()
  try {
    const result = await operation()
    return ok(check, `${result} in ${Math.round(performance.now() - start)} ms.`)
  } catch (error) {
    return problem(check, error)
  }
}

async function tryKms(kms: Kms, signal: AbortSignal): Promise<string> {
  const key = randomBytes(64)
  const wrapped = await kms.wrapKey(key.slice(), { signal })
  const unwrapped = await kms.unwrapKey(wrapped, { signal })
  if (!sameBytes(key, unwrapped)) {
    throw new VaultError('VAULT_DECRYPT_FAILED', 'The key service did not return the key that it had wrapped.')
  }
  return 'Wrapped and unwrapped a key'
}

async function tryVault(vault: Vault, signal: AbortSignal): Promise<string> {
  const binding = { purpose: 'doctor' }
  const text = 'a text to encrypt and decrypt'
  const sealed = await vault.seal(text, binding, { signal })
  // Unlike opening, rewrapping is never served from the cache of data keys.
  const opened = await vault.open(await vault.rewrap(sealed, { signal }), binding, { signal })
  if (opened !== text)
    throw new VaultError('VAULT_DECRYPT_FAILED', 'The vault did not return the text that it had sealed.')
  return 'Sealed, rewrapped and opened'
}
