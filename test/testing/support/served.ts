/** Run as a child process: serves a fake and reports the number of its requests on request. */
import { startFakeSpotify } from '../../../src/testing/server.ts'

const server = await startFakeSpotify({ catalogue: { tracks: 100_000 } })
const track = server.fake.state.catalogue.id('track', 7)
process.on('message', () => {
  process.send?.({ requests: server.fake.requests.all.length })
})
process.send?.({
  url: `${server.endpoints.api}/tracks/${track}`,
  authorization: `Bearer ${server.fake.issue().accessToken}`,
})
