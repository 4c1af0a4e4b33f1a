import type { Connections } from '../connections/connections.ts'
import type { Connection } from '../connections/records/record.ts'
import { ConnectionError } from '../errors.ts'
import { json, noContent } from './responses.ts'

/** The methods of `Connections` that the endpoints call. */
export type HandlerConnections = Pick<Connections, 'provider' | 'begin' | 'complete' | 'get' | 'health' | 'disconnect'>

/** The public members of a connection by name, so that nothing that a host adds to the object is sent by accident. */
export function connectionJson(connection: Connection): Connection {
  const { ownerId, provider, accountId, accountName, scopes, status } = connection
  const { authorizedAt, reauthorizeBy, expiresAt, refreshedAt } = connection
  return {
    ownerId,
    provider,
    accountId,
    accountName,
    scopes,
    status,
    authorizedAt,
    reauthorizeBy,
    expiresAt,
    refreshedAt,
  }
}

/** `GET connection`. */
export async function readConnection(ownerId: string, connections: HandlerConnections): Promise<Response> {
  const connection = await connections.get(ownerId)
  if (connection === undefined)
    throw new ConnectionError('CONNECTION_NOT_FOUND', 'There is no connection.', { ownerId })
  return json({ connection: connectionJson(connection) })
}

/** `DELETE connection`, also when there was none. The Link header names the page where users manage their grants. */
export async function removeConnection(ownerId: string, connections: HandlerConnections): Promise<Response> {
  const { manageUrl } = await connections.disconnect(ownerId)
  if (manageUrl === undefined) return noContent()
  return noContent({ headers: { link: `<${new URL(manageUrl).href}>; rel="related"; title="Manage connected apps"` } })
}

/** `GET health`. */
export async function readHealth(ownerId: string, connections: HandlerConnections): Promise<Response> {
  return json({ health: await connections.health(ownerId) })
}
