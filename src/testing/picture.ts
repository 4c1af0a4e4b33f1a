/** An SVG image for an image id, in two colours derived from it, so that pages have covers without a network. */
export function picture(id: string): Response {
  const [hash = '', size = '640'] = id.split('-')
  if (!/^[0-9a-f]{40}$/.test(hash) || !/^\d{2,4}$/.test(size)) return new Response(null, { status: 404 })
  const hue = Number.parseInt(hash.slice(16, 22), 16) % 360
  const secondHue = (hue + 40 + (Number.parseInt(hash.slice(22, 26), 16) % 140)) % 360
  const x = 20 + (Number.parseInt(hash.slice(26, 30), 16) % 60)
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 100 100">
<rect width="100" height="100" fill="hsl(${hue} 45% 38%)"/><circle cx="${x}" cy="${100 - x}" r="34" fill="hsl(${secondHue} 60% 62%)"/></svg>`
  return new Response(svg, { headers: { 'content-type': 'image/svg+xml', 'cache-control': 'max-age=86400' } })
}
