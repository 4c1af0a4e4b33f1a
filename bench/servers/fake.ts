import { startFakeSpotify } from '../../dist/testing/server.js'

/** The fake in a process of its own: prints how long it took to start, and where one track is. */
const started = performance.now()
const server = await startFakeSpotify()
const took = performance.now() - started
const { accessToken } = server.fake.issue()
const url = `${server.endpoints.api}/tracks/${server.fake.uri('track', 5).split(':')[2]}`
process.stdout.write(`READY ${JSON.stringify({ took, url, authorization: `Bearer ${accessToken}` })}\n`)
process.stdin.on('end', () => process.exit(0)).resume()
