import { stagedoorNext } from 'stagedoor/next'
import { stagedoor } from '../../../../../../base/stagedoor.ts'
import { visitorOf } from '../../../../../../base/visitor.ts'

export const { GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS } = stagedoorNext(stagedoor, {
  owner: (request) => visitorOf(request.headers.get('cookie')),
})
