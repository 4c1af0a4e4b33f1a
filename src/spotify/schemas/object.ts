import * as z from 'zod/mini'
import { $ZodObjectJIT, type $ZodShape, type output, type SomeType } from 'zod/v4/core'

/** The shape of an object whose unknown fields are nobody's business. Compiled, where the runtime allows it. */
export function object<S extends $ZodShape>(shape: S): z.ZodMiniObject<S, z.core.$strip> {
  return new $ZodObjectJIT({ type: 'object', shape }) as unknown as z.ZodMiniObject<S, z.core.$strip>
}

export const text = z.nullish(z.string())
export const number = z.nullish(z.number())
export const flag = z.nullish(z.boolean())
export const texts = z.nullish(z.array(z.nullable(z.string())))
/** Names to values, such as the links to an object elsewhere. */
export const dictionary = z.nullish(z.record(z.string(), z.unknown()))

/** A page of something, as Spotify sends it inside another object. */
export function pageOf<T extends SomeType>(item: T) {
  return object({
    items: z.array(item),
    href: text,
    limit: number,
    /** The address of the next page; `null` on the last. */
    next: text,
    offset: number,
    previous: text,
    /** How many items there are altogether, according to Spotify. Unreliable in search results. */
    total: number,
    cursors: z.nullish(object({ after: text, before: text })),
  })
}

export type Infer<T> = output<T>
