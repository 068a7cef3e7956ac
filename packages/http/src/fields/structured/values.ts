import { alphanumeric, tableOf } from '../cursor.ts';

/**
 * A bare item of RFC 9651 3.3. The type is said, for JavaScript cannot tell `1` from `1.0`, nor a token from a string.
 *
 * | type | value | as text |
 * |---|---|---|
 * | `integer` | a whole number of 15 digits at most | `-42` |
 * | `decimal` | 12 digits before the point; 3 behind it are kept | `4.5` |
 * | `string` | printable ASCII | `"hello"` |
 * | `token` | as of RFC 9110, and `:` `/` | `text/html` |
 * | `bytes` | bytes | `:cHJldGVuZA==:` |
 * | `boolean` | | `?1` |
 * | `date` | seconds since 1970, 15 digits at most: more than a `Date` can hold | `@1659578233` |
 * | `display-string` | Unicode text | `%"f%c3%bc%c3%bc"` |
 */
export type BareItem =
  | { readonly type: 'integer'; readonly value: number }
  | { readonly type: 'decimal'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'token'; readonly value: string }
  | { readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'date'; readonly value: number }
  | { readonly type: 'display-string'; readonly value: string };

/** Parameters by their keys, in order; one without a value is `true` (RFC 9651 3.1.2). */
export type ItemParameters = ReadonlyMap<string, BareItem>;

/** A bare item with its parameters. */
export type Item = BareItem & { readonly parameters: ItemParameters };

/** `(a b);q=1`: items in parentheses, with parameters of their own (RFC 9651 3.1.1). */
export interface InnerList {
  readonly type: 'inner-list';
  readonly value: readonly Item[];
  readonly parameters: ItemParameters;
}

/** What a List or Dictionary holds. */
export type Member = Item | InnerList;

/** An {@link Item} to write: it may leave its parameters out. */
export type WritableItem = BareItem & { readonly parameters?: ItemParameters };

/** A {@link Member} to write: it may leave its parameters out. */
export type WritableMember =
  | WritableItem
  | {
      readonly type: 'inner-list';
      readonly value: readonly WritableItem[];
      readonly parameters?: ItemParameters;
    };

/** `lcalpha`, `*`: what a key begins with (RFC 9651 3.1.2). */
export const KEY_START: Uint8Array = tableOf('abcdefghijklmnopqrstuvwxyz*');
/** What a key goes on with. */
export const KEY: Uint8Array = tableOf('abcdefghijklmnopqrstuvwxyz0123456789_-.*');
/** What a token begins with (RFC 9651 3.3.4). */
export const TOKEN_START: Uint8Array = tableOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz*');
/** `tchar`, `:`, `/`: what a token goes on with. */
export const TOKEN_REST: Uint8Array = tableOf(`${alphanumeric}!#$%&'*+-.^_\`|~:/`);

/** Integers and dates: fifteen digits. */
export const maxInteger = 999_999_999_999_999;
