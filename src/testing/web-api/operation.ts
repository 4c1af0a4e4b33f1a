import type { View } from '../catalogue/view.ts'
import type { ModeRules } from '../options.ts'
import type { FakeState } from '../state.ts'
import type { FakeUser } from '../user.ts'

/** One accepted call: authenticated, within the limits, with the required scopes. */
export interface ApiCall {
  readonly state: FakeState
  readonly rules: ModeRules
  readonly view: View
  readonly path: string
  readonly query: URLSearchParams
  readonly params: Readonly<Record<string, string>>
  readonly body: string
  readonly scopes: readonly string[]
  /** Absent for client credentials. */
  readonly maybeUser: FakeUser | undefined
  /** The user. @throws Refusal without one; operations under `/me` always have one. */
  readonly user: FakeUser
}

/** `removed-2026` and `removed-2024` return 403 to applications registered after the removal. */
type Availability = 'available' | 'removed-2026' | 'removed-2024'

export interface Operation {
  /** Spotify's name of the operation. */
  readonly id: string
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Relative to the API's base, parameters as `{name}`. */
  readonly path: string
  readonly availability: Availability
  /** All of these are required. */
  readonly scopes: readonly string[]
  /** At least one of these is required. */
  readonly anyScope: readonly string[]
  run(call: ApiCall): Response
}

interface OperationDetails {
  readonly availability?: Availability
  readonly scopes?: readonly string[]
  readonly anyScope?: readonly string[]
}

export function operation(
  id: string,
  route: string,
  run: (call: ApiCall) => Response,
  details: OperationDetails = {},
): Operation {
  const [method = '', path = ''] = route.split(' ')
  const { availability = 'available', scopes = [], anyScope = [] } = details
  return { id, method: method as Operation['method'], path, availability, scopes, anyScope, run }
}
