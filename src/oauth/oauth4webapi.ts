import { lazy } from '../internal/lazy.ts'

/** The protocol library, loaded at the first sign-in or token request. */
export const oauth4webapi = lazy(() => import('oauth4webapi'))
