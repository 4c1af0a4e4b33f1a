import { invalidArgument } from '../../errors.ts'

const maxLength = 256 * 1024
const chunkSize = 0x8000

/** A JPEG as the base64 text that Spotify accepts as a cover. */
export function jpeg(image: Uint8Array | string): string {
  const text = typeof image === 'string' ? image.replace(/^data:image\/jpeg;base64,/, '') : base64(image)
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw invalidArgument('Expected a JPEG as bytes or as base64.')
  if (text.length > maxLength) throw invalidArgument('A cover image can have 256 KB at most, encoded as base64.')
  return text
}

function base64(bytes: Uint8Array): string {
  let binary = ''
  for (let start = 0; start < bytes.length; start += chunkSize) {
    binary += String.fromCharCode(...bytes.subarray(start, start + chunkSize))
  }
  return btoa(binary)
}
