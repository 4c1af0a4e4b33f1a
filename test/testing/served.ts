/** Run as a process of its own: serves a fake and tells, when asked, how much processor time it has used. */
import { startFakeSpotify } from '../../src/testing/server.ts'

const starts: number[] = []
for (let turn = 0; turn < 5; turn++) {
  const begun = performance.now()
  const server = await startFakeSpotify({ catalogue: { tracks: 100_000 } })
  starts.push(performance.now() - begun)
  await server.close()
}
const server = await startFakeSpotify()
const track = server.fake.state.catalogue.id('track', 7)
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ microseconds: user + system, requests: server.fake.requests.all.length })
})
process.send?.({
  url: `${server.endpoints.api}/tracks/${track}`,
  authorization: `Bearer ${server.fake.issue().accessToken}`,
  starts,
})
