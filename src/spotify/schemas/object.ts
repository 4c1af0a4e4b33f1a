import { isObject } from '../../internal/is-object.ts'
import type { $ZodIssue, $ZodShape, output, SomeType } from './zod.ts'
import * as z from './zod.ts'

/** Whether a value matches a schema. For almost all responses this test is enough; zod describes what is wrong with the others. */
type Test = (value: unknown) => boolean

const testSymbol = Symbol('test')

function withTest<T extends SomeType>(schema: T, test: Test): T {
  return Object.defineProperty(schema, testSymbol, { value: test })
}

function testOf(schema: SomeType): Test {
  const test = (schema as { readonly [testSymbol]?: Test })[testSymbol]
  return test ?? ((value) => z.safeParse(schema as z.ZodMiniType, value).success)
}

/** What is wrong with a value by a schema; empty if it matches. */
export function issuesOf(schema: SomeType, value: unknown): readonly $ZodIssue[] {
  return testOf(schema)(value) ? [] : (z.safeParse(schema as z.ZodMiniType, value).error?.issues ?? [])
}

const isText: Test = (value) => typeof value === 'string'
const isFlag: Test = (value) => typeof value === 'boolean'
// One function for each of these types, since most fields have one of them.
const isMaybeText: Test = (value) => typeof value === 'string' || value === null || value === undefined
const isMaybeNumber: Test = (value) => typeof value === 'number' || value === null || value === undefined
const isMaybeFlag: Test = (value) => typeof value === 'boolean' || value === null || value === undefined
const isTexts: Test = (value) => {
  if (!Array.isArray(value)) return false
  for (let index = 0; index < value.length; index++) {
    const item: unknown = value[index]
    if (typeof item !== 'string' && item !== null) return false
  }
  return true
}

/** An object with at least these fields; others are allowed and not checked. */
export function object<S extends $ZodShape>(shape: S): z.ZodMiniObject<S, z.$strip> {
  const fields = new Map(
    Object.entries(shape).map(([name, schema]) => {
      const test = testOf(schema)
      return [name, { test, required: test(undefined) ? 0 : 1 }]
    }),
  )
  const requiredCount = [...fields.values()].reduce((total, { required }) => total + required, 0)
  return withTest(z.object(shape), (value) => {
    if (!isObject(value)) return false
    let missing = requiredCount
    // Iterating over the fields that are present is faster than looking up every possible one.
    for (const name in value) {
      const field = fields.get(name)
      if (field === undefined) continue
      if (!field.test(value[name])) return false
      missing -= field.required
    }
    return missing === 0
  })
}

export function list<T extends SomeType>(item: T): z.ZodMiniArray<T> {
  const test = testOf(item)
  return withTest(z.array(item), (value) => {
    if (!Array.isArray(value)) return false
    for (let index = 0; index < value.length; index++) if (!test(value[index])) return false
    return true
  })
}

export function nullable<T extends SomeType>(schema: T): z.ZodMiniNullable<T> {
  const test = testOf(schema)
  return withTest(z.nullable(schema), (value) => value === null || test(value))
}

/** A value that may be `null` or absent. */
export function maybe<T extends SomeType>(schema: T): z.ZodMiniOptional<z.ZodMiniNullable<T>> {
  const test = testOf(schema)
  return withTest(z.nullish(schema), (value) => value === null || value === undefined || test(value))
}

export function literal<const T extends string>(value: T): z.ZodMiniLiteral<T> {
  return withTest(z.literal(value), (given) => given === value)
}

export function choice<const T extends readonly string[]>(values: T): z.ZodMiniEnum<{ [K in T[number]]: K }> {
  return withTest(z.enum(values), (given) => (values as readonly unknown[]).includes(given))
}

export const string = withTest(z.string(), isText)
export const text = withTest(z.nullish(string), isMaybeText)
export const number = withTest(z.nullish(z.number()), isMaybeNumber)
export const flag = withTest(z.nullish(z.boolean()), isMaybeFlag)
export const boolean = withTest(z.boolean(), isFlag)
/** Lists of markets are long: one function checks the whole list. */
export const texts = maybe(withTest(z.array(z.nullable(z.string())), isTexts))
export const dictionary = maybe(withTest(z.record(z.string(), z.unknown()), isObject))

type TypedObject = z.ZodMiniObject<{ type: z.ZodMiniLiteral<string> } & $ZodShape, z.$strip>

/** One of several objects, distinguished by `type`. */
export function byType<const T extends readonly [TypedObject, ...TypedObject[]]>(
  options: T,
): z.ZodMiniDiscriminatedUnion<T, 'type'> {
  const tests = new Map(options.map((option) => [option.shape.type._zod.def.values[0], testOf(option)]))
  return withTest(z.discriminatedUnion('type', options), (value) => {
    const type = isObject(value) ? value.type : undefined
    return typeof type === 'string' && tests.get(type)?.(value) === true
  })
}

/** A page of something, as Spotify sends it inside another object. */
export function pageOf<T extends SomeType>(item: T) {
  return object({
    items: list(item),
    href: text,
    limit: number,
    /** The address of the next page; `null` on the last. */
    next: text,
    offset: number,
    previous: text,
    /** How many items there are altogether, according to Spotify. Unreliable in search results. */
    total: number,
    cursors: maybe(object({ after: text, before: text })),
  })
}

export type Infer<T> = output<T>
