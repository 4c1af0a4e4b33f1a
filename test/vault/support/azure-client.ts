import { createDefaultHttpClient } from '@azure/core-rest-pipeline'
import { KeyClient } from '@azure/keyvault-keys'
import { accessToken, vaultUrl } from './stand-ins/azure.ts'

/** The SDK's client with its own authentication; only the last step, the socket, leads to the stand-in. */
export function azureClient(standIn: string): KeyClient {
  const socket = createDefaultHttpClient()
  const credential = { getToken: async () => ({ token: accessToken, expiresOnTimestamp: Date.now() + 3_600_000 }) }
  return new KeyClient(vaultUrl, credential, {
    retryOptions: { maxRetries: 0 },
    httpClient: {
      async sendRequest(request) {
        const { url } = request
        request.url = url.replace(vaultUrl, standIn)
        request.allowInsecureConnection = true
        const response = await socket.sendRequest(request)
        request.url = url
        return response
      },
    },
  })
}
