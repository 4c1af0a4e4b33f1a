import type { Handler, HandlerOptions } from './handler.ts'
import { checkOwner } from './site.ts'

/** What an adapter mounts: a `Stagedoor`, or another object that creates handlers. */
export interface HandlerSource {
  handler<C>(options: HandlerOptions<C>): Handler<C>
}

/** A handler's options, with the framework's own request where the handler has `request` and `context`. */
export interface AdapterOptions<C> extends Omit<HandlerOptions<C>, 'owner'> {
  /**
   * The user who is signed in to the host application: its own, stable id, at most 255 bytes. `undefined` results in
   * 401.
   */
  readonly owner: (context: C) => string | null | undefined | Promise<string | null | undefined>
}

export function mount<C>(source: HandlerSource, adapterOptions: AdapterOptions<C>): Handler<C> {
  checkOwner(adapterOptions)
  const { owner, ...options } = adapterOptions
  return source.handler<C>({ ...options, owner: (_request, context) => owner(context) })
}
