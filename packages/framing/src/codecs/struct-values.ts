/** What one item of a format is in a program: integers of 8 bytes are bigints, since numbers end at 2^53. */
export type StructValue = number | bigint | boolean | Uint8Array;

/**
 * The tuple that a format packs: `StructValues<'<IHB'>` is `[number, number, number]`, `StructValues<'!2s?q'>` is
 * `[Uint8Array, boolean, bigint]`. A format that is no format gives `never`; one that is known at run time only, `StructValue[]`.
 */
export type StructValues<Format extends string> = string extends Format
  ? StructValue[]
  : Format extends `${'<' | '>' | '!' | '='}${infer Items}`
    ? Walk<Items, StandardValue>
    : Format extends `@${infer Items}`
      ? Walk<Items, NativeValue>
      : Walk<Format, NativeValue>;

interface AnyValue {
  c: Uint8Array;
  b: number;
  B: number;
  '?': boolean;
  h: number;
  H: number;
  i: number;
  I: number;
  q: bigint;
  Q: bigint;
  e: number;
  f: number;
  d: number;
}

/** `l` and `L` have 4 bytes there; */
interface StandardValue extends AnyValue {
  l: number;
  L: number;
}

/** here 8, and sizes and pointers exist. */
interface NativeValue extends AnyValue {
  l: bigint;
  L: bigint;
  n: bigint;
  N: bigint;
  P: bigint;
}

/** Letter by letter, in tail position: formats of up to a thousand letters. */
type Walk<
  Items extends string,
  Values,
  Digits extends string = '',
  Sofar extends unknown[] = [],
> = Items extends `${infer Letter}${infer Rest}`
  ? Letter extends keyof OneTo9<never> | '0'
    ? Walk<Rest, Values, `${Digits}${Letter}`, Sofar>
    : Letter extends Space
      ? Digits extends ''
        ? Walk<Rest, Values, '', Sofar>
        : never
      : Letter extends 'x'
        ? Walk<Rest, Values, '', Sofar>
        : Letter extends 's' | 'p'
          ? Walk<Rest, Values, '', [...Sofar, Uint8Array]>
          : Letter extends keyof Values
            ? Walk<Rest, Values, '', [...Sofar, ...Times<Values[Letter], Digits>]>
            : never
  : Digits extends ''
    ? Sofar
    : never;

type Space = ' ' | '\t' | '\n' | '\r' | '\f' | '\v';

type Times<Value, Digits extends string> = Digits extends '' ? [Value] : Count<Value, Digits>;

/** A digit at a time: ten times what is there, and the digit. Tuples end at some ten thousand. */
type Count<
  Value,
  Digits extends string,
  Sofar extends unknown[] = [],
> = Digits extends `${infer Digit}${infer Rest}`
  ? Count<Value, Rest, [...Ten<Sofar>, ...(Digit extends keyof OneTo9<Value> ? OneTo9<Value>[Digit] : [])]>
  : Sofar;

type Ten<T extends unknown[]> = [...T, ...T, ...T, ...T, ...T, ...T, ...T, ...T, ...T, ...T];

interface OneTo9<V> {
  '1': [V];
  '2': [V, V];
  '3': [V, V, V];
  '4': [V, V, V, V];
  '5': [V, V, V, V, V];
  '6': [V, V, V, V, V, V];
  '7': [V, V, V, V, V, V, V];
  '8': [V, V, V, V, V, V, V, V];
  '9': [V, V, V, V, V, V, V, V, V];
}
