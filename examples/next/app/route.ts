import type { NextRequest } from 'next/server.js'
import { home } from '../../base/home.ts'
import { secure, stagedoor } from '../../base/stagedoor.ts'

export const GET = (request: NextRequest): Promise<Response> => home(stagedoor, request.headers.get('cookie'), secure)
