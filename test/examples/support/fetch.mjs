/** Sends requests for Spotify to the fake at FAKE_SPOTIFY, and refuses all others. For any runtime. */
const hosts = new Set(['accounts.spotify.com', 'api.spotify.com'])
const { fetch } = globalThis
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init)
  const url = new URL(request.url)
  if (!hosts.has(url.host)) throw new TypeError(`A program under test requested ${url.host}.`)
  const body = request.body === null ? null : await request.arrayBuffer()
  const { method, headers, signal, redirect } = request
  return fetch(new URL(url.pathname + url.search, process.env.FAKE_SPOTIFY), {
    method,
    headers,
    signal,
    redirect,
    body,
  })
}
