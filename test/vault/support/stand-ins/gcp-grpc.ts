import { fileURLToPath } from 'node:url'
import { type handleUnaryCall, Server, ServerCredentials, status } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import type { GcpStandIn } from './gcp.ts'

interface Wrapped {
  readonly value: string
}
type Message = Record<string, Buffer | string | boolean | Wrapped | null | undefined>

const folder = (path: string): string => fileURLToPath(new URL(`../../../../node_modules/${path}`, import.meta.url))

/** Google Cloud KMS over gRPC, which is the client's usual transport: the same responses in the service's own messages. */
export async function startGcpGrpc(service: GcpStandIn): Promise<{ port: number; calls: number; close(): void }> {
  const definition = loadSync('google/cloud/kms/v1/service.proto', {
    includeDirs: [folder('@google-cloud/kms/build/protos'), folder('google-gax/build/protos')],
    longs: String,
    defaults: false,
  })
  const name = 'google.cloud.kms.v1.KeyManagementService'
  const all = definition[name]
  if (all === undefined || !('Encrypt' in all) || !('Decrypt' in all)) throw new Error('the proto has changed')
  const self = { calls: 0, port: 0, close: () => server.forceShutdown() }

  const handle =
    (verb: string): handleUnaryCall<Message, Message> =>
    ({ request }, callback) => {
      self.calls++
      const body = Object.fromEntries(Object.entries(request).map(([field, value]) => [field, toJson(value)]))
      const response = service.perform(`/v1/${request.name}:${verb}`, body)
      if (response.status === 200) return callback(null, fromJson(response.body as Message))
      const { error } = response.body as { error: { status: keyof typeof status; message: string } }
      callback({ code: status[error.status], details: error.message })
    }

  const server = new Server()
  server.addService(
    { Encrypt: all.Encrypt, Decrypt: all.Decrypt },
    { Encrypt: handle('encrypt'), Decrypt: handle('decrypt') },
  )
  self.port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error)
      else resolve(port)
    })
  })
  return self
}

function toJson(value: Message[string]): unknown {
  if (Buffer.isBuffer(value)) return value.toString('base64')
  return typeof value === 'object' && value !== null ? value.value : value
}

function fromJson(body: Message): Message {
  return Object.fromEntries(
    Object.entries(body).map(([field, value]) => {
      if (field.endsWith('Crc32c') && !field.startsWith('verified')) return [field, { value: String(value) }]
      const bytes = field === 'ciphertext' || field === 'plaintext'
      return [field, bytes ? Buffer.from(String(value), 'base64') : value]
    }),
  )
}
