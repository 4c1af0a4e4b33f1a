import { home } from '../../base/home.ts'
import { secure, stagedoor } from '../../base/stagedoor.ts'

export const GET = (request) => home(stagedoor, request.headers.get('cookie'), secure)
