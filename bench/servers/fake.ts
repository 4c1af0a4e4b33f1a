import { startFakeSpotify } from '../../dist/testing/server.js'

/** Runs the fake in another process: prints the time it took to start, and the URL of a track. */
const started = performance.now()
const server = await startFakeSpotify()
const took = performance.now() - started
const { accessToken } = server.fake.issue()
const url = `${server.endpoints.api}/tracks/${server.fake.uri('track', 5).split(':')[2]}`
process.stdout.write(`READY ${JSON.stringify({ took, url, authorization: `Bearer ${accessToken}` })}\n`)
process.stdin.on('end', () => process.exit(0)).resume()
