import type { Connection, Stagedoor } from 'stagedoor'
import type { FakeSpotify } from 'stagedoor/testing'

/** Connects an owner to an account of the fake, as their browser would. */
export async function connect(
  stagedoor: Stagedoor,
  fake: FakeSpotify,
  ownerId: string,
  choice?: { user?: string; deny?: boolean },
): Promise<Connection> {
  const { url, setCookies } = await stagedoor.connections.begin({ ownerId })
  const cookies = setCookies.map((cookie) => cookie.split(';')[0]).join('; ')
  const back = await fake.approve(url, choice)
  return (await stagedoor.connections.complete({ ownerId, url: back, cookies })).connection
}
