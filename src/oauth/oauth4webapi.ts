import type * as protocol from 'oauth4webapi'
import { type Lazy, lazy } from '../internal/lazy.ts'

/** The protocol library, loaded at the first sign-in or token request. */
export const oauth4webapi: Lazy<typeof protocol> = lazy(() => import('oauth4webapi'))
