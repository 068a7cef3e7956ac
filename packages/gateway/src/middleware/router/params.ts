import type { Converter } from './converters.ts';

/** Own converters of a router, by name. */
export type Converters = Readonly<Record<string, Converter<unknown>>>;

/** Of a router that has none of its own. */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- No keys: that is the point.
export type NoConverters = Record<never, never>;

/** `'/users/{id:int}/files/{path:path}'` → `{ id: number; path: string }`. */
export type Params<Pattern extends string, Own = unknown> = string extends Pattern
  ? Record<string, unknown>
  : Flat<Collected<Pattern, Own>>;

type Collected<
  Pattern extends string,
  Own,
  Found = unknown,
> = Pattern extends `${string}{${infer Inside}}${infer Rest}`
  ? Collected<Rest, Own, Found & Param<Inside, Own>>
  : Found;

type Param<Inside extends string, Own> = Inside extends `${infer Name}:${infer Kind}`
  ? Readonly<Record<Name, ValueOf<Kind, Own>>>
  : Readonly<Record<Inside, string>>;

/** A converter that nobody has is `never`: the pattern is refused when it is defined. */
type ValueOf<Kind extends string, Own> = Kind extends 'str' | 'path' | 'uuid'
  ? string
  : Kind extends 'int' | 'float'
    ? number
    : Kind extends keyof Own
      ? Own[Kind] extends { parse(text: string): infer Value }
        ? Exclude<Value, undefined>
        : never
      : never;

type Flat<T> = { readonly [Key in keyof T]: T[Key] };
