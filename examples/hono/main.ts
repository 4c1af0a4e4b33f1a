import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { stagedoorHono } from 'stagedoor/hono'
import { home } from '../base/home.ts'
import { port, secure, stagedoor } from '../base/stagedoor.ts'
import { visitorOf } from '../base/visitor.ts'

const app = new Hono()
app.use(stagedoorHono(stagedoor, { owner: (c) => visitorOf(c.req.header('cookie')) }))
app.get('/', (c) => home(stagedoor, c.req.header('cookie'), secure))

serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, () => console.log(`http://127.0.0.1:${port}`))
