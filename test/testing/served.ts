/** Run as a process of its own: serves a fake and tells, when asked, how many requests it has served. */
import { startFakeSpotify } from '../../src/testing/server.ts'

const server = await startFakeSpotify({ catalogue: { tracks: 100_000 } })
const track = server.fake.state.catalogue.id('track', 7)
process.on('message', () => {
  process.send?.({ requests: server.fake.requests.all.length })
})
process.send?.({
  url: `${server.endpoints.api}/tracks/${track}`,
  authorization: `Bearer ${server.fake.issue().accessToken}`,
})
