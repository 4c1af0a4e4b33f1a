import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createOAuth, optionsFromEnv, spotifyProvider } from 'stagedoor'
import { stagedoor } from '../base/stagedoor.ts'

const me = 'me'
const { clientId, clientSecret, redirectUri, scopes } = optionsFromEnv(process.env)

/** Signs in over the loopback interface (RFC 8252 §7.3): a server that runs until the browser comes back. */
async function signIn(): Promise<void> {
  const oauth = createOAuth({ provider: spotifyProvider, clientId, clientSecret, redirectUri })
  const { url, transaction } = await oauth.authorize({ scopes })
  const { hostname, port, origin, pathname } = new URL(redirectUri)
  const server = createServer().listen(Number(port || 80), hostname.replace(/[[\]]/g, ''))
  await once(server, 'listening')
  console.error(`Open this page in your browser:\n${url}`)
  for (;;) {
    const [request, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
    const callback = new URL(origin + request.url)
    response.setHeader('connection', 'close')
    if (callback.pathname !== pathname) {
      response.writeHead(404).end()
      continue
    }
    response.end('You can close this page and go back to the terminal.')
    server.close()
    const tokens = await oauth.exchange({ url: callback, transaction })
    await stagedoor.connections.adopt({ ownerId: me, tokens, authorizedAt: new Date() })
    return
  }
}

const connection = await stagedoor.connections.get(me)
if (connection?.status !== 'connected') await signIn()
for await (const { track } of stagedoor.client(me).library.tracks()) {
  console.log(`${track.artists.map(({ name }) => name).join(', ')} – ${track.name}`)
}
await stagedoor.close()
