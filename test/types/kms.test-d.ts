import { KMS, type KMSClient } from '@aws-sdk/client-kms'
import type { TokenCredential } from '@azure/core-auth'
import { KeyClient } from '@azure/keyvault-keys'
import { KeyManagementServiceClient } from '@google-cloud/kms'
import { awsKms } from 'stagedoor/kms/aws'
import { azureKms } from 'stagedoor/kms/azure'
import { gcpKms } from 'stagedoor/kms/gcp'
import { vaultTransitKms } from 'stagedoor/kms/vault-transit'
import { createVault, type Kms, localKms } from 'stagedoor/vault'

// Compiled, never run: the classes that the services' own packages export fit the adapters as they are.

declare const credential: TokenCredential
declare const commandClient: KMSClient

export const adapters: readonly Kms[] = [
  awsKms({ client: new KMS({ region: 'eu-west-1' }), keyId: 'arn:aws:kms:eu-west-1:111122223333:key/1' }),
  gcpKms({ client: new KeyManagementServiceClient(), keyName: 'projects/p/locations/l/keyRings/r/cryptoKeys/k' }),
  azureKms({
    client: new KeyClient('https://name.vault.azure.net', credential),
    keyId: 'https://name.vault.azure.net/keys/k',
  }),
  vaultTransitKms({ url: 'https://vault.internal:8200', token: async () => 'token', keyName: 'k' }),
  localKms({ keyId: 'main', key: process.env.STAGEDOOR_VAULT_KEY }),
]

// @ts-expect-error A client that sends command objects has no methods of its own.
awsKms({ client: commandClient, keyId: 'k' })
// @ts-expect-error Another service's client does not fit.
gcpKms({ client: new KMS({}), keyName: 'k' })
// @ts-expect-error No KMS, no vault.
createVault({})

createVault({
  kms: localKms({ keyId: 'main', key: undefined }),
  retired: undefined,
  rotateAfter: undefined,
  cache: undefined,
})
