import { fastify } from 'fastify'
import { stagedoorFastify } from 'stagedoor/fastify'
import { home } from '../base/home.ts'
import { port, secure, stagedoor } from '../base/stagedoor.ts'
import { visitorOf } from '../base/visitor.ts'

const app = fastify()
app.register(stagedoorFastify(stagedoor, { owner: ({ headers }) => visitorOf(headers.cookie) }))
app.get('/', ({ headers }) => home(stagedoor, headers.cookie, secure))
app.addHook('onClose', () => stagedoor.close())

console.log(await app.listen({ host: '127.0.0.1', port }))
