import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider, { type Configuration } from 'oidc-provider'
import { defineProvider, type Provider as OurProvider } from '../../src/oauth/provider.ts'

/** `oidc-provider`, a third-party authorization server, on loopback; it signs `alice` in without a prompt. */
export interface OidcServer {
  readonly provider: OurProvider
  readonly clientId: string
  readonly clientSecret: string | undefined
  readonly redirectUri: string
  /** Token requests seen, by grant type and outcome. */
  readonly grants: { readonly type: string; readonly ok: boolean }[]
  /** Follows an authorization URL as a browser with its own cookies would, up to the callback URL. */
  approve(url: URL): Promise<URL>
  close(): Promise<void>
}

export async function startOidcServer(
  options: { readonly rotate?: boolean; readonly confidential?: boolean; readonly accessTokenTtl?: number } = {},
): Promise<OidcServer> {
  const clientId = 'stagedoor-test'
  const clientSecret = options.confidential ? 'a-secret-of-the-test-client' : undefined
  const redirectUri = 'http://127.0.0.1/callback'
  const grants: { type: string; ok: boolean }[] = []
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const configuration: Configuration = {
    clients: [
      {
        client_id: clientId,
        ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
        token_endpoint_auth_method: clientSecret === undefined ? 'none' : 'client_secret_basic',
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        application_type: 'web',
      },
    ],
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
    rotateRefreshToken: options.rotate ?? true,
    ttl: {
      AccessToken: options.accessTokenTtl ?? 3600,
      RefreshToken: 86_400 * 30,
      Session: 3600,
      Interaction: 600,
      Grant: 86_400 * 180,
    },
    scopes: ['openid', 'offline_access', 'library'],
    issueRefreshToken: async () => true,
    findAccount: (_context, sub) => ({ accountId: sub, claims: async () => ({ sub }) }),
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    async loadExistingGrant(context) {
      const { client, session } = context.oidc
      const grant = new context.oidc.provider.Grant({
        ...(client === undefined ? {} : { clientId: client.clientId }),
        ...(session?.accountId === undefined ? {} : { accountId: session.accountId }),
      })
      grant.addOIDCScope('openid offline_access library')
      await grant.save()
      return grant
    },
    cookies: { keys: ['keys-of-a-test-server'] },
  }
  const provider = new Provider(issuer, configuration)
  provider.on('grant.success', (context) => grants.push({ type: String(context.oidc.params?.grant_type), ok: true }))
  provider.on('grant.error', (context) => grants.push({ type: String(context.oidc.params?.grant_type), ok: false }))
  const handle = provider.callback()
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void handle(request, response)
    void provider.interactionFinished(request, response, { login: { accountId: 'alice' } })
  })
  return {
    clientId,
    clientSecret,
    redirectUri,
    grants,
    provider: defineProvider({
      id: 'oidc-test',
      issuer,
      endpoints: {
        authorization: `${issuer}/auth`,
        token: `${issuer}/token`,
        revocation: `${issuer}/token/revocation`,
      },
      defaultScopes: ['openid', 'library'],
    }),
    approve: (url) => followToCallback(url, redirectUri),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function followToCallback(start: URL, redirectUri: string): Promise<URL> {
  const jar = new Map<string, string>()
  let url = start
  for (let hop = 0; hop < 10; hop++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: cookie === '' ? {} : { cookie } })
    await response.text()
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] as string).split(/=(.*)/s)
      jar.set(name, value)
    }
    const location = response.headers.get('location')
    if (location === null) throw new Error(`The authorization server stopped with status ${response.status}.`)
    url = new URL(location, url)
    if (url.href.startsWith(redirectUri)) return url
  }
  throw new Error('The authorization server redirects in circles.')
}
