import { RpcUsageError } from '../../errors.ts';

/**
 * What XML-RPC can say, and what it is here.
 *
 * | XML-RPC | decoded as | encoded from |
 * |---|---|---|
 * | `int` `i4` `i1` `i2` | number | a whole number within 32 bits, other than -0 |
 * | `i8` | number where that is exact, else bigint | bigint within 64 bits |
 * | `double` | number | any other finite number; {@link double} |
 * | `boolean` | boolean | boolean |
 * | `string`, or bare text | string | string without the characters that XML 1.0 forbids |
 * | `base64` | Uint8Array | Uint8Array, Buffer |
 * | `dateTime.iso8601` | Date: the wire names no zone, it is read and written as UTC | Date; milliseconds are dropped |
 * | `nil` | null | null and undefined, with `allowNone` |
 * | `array` | array | array |
 * | `struct` | plain object, every name an own property | the own enumerable properties of a plain object |
 *
 * Nothing else is encoded: no class instances, Maps, functions or symbols, and `toJSON` is never asked.
 */
export type XmlRpcValue =
  | number
  | bigint
  | boolean
  | string
  | null
  | Uint8Array
  | Date
  | XmlRpcValue[]
  | { [name: string]: XmlRpcValue };

/** A number that is written as `<double>`, whole or not. */
export class XmlRpcDouble {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/**
 * A whole number for a peer that expects a double: `double(3)` is written `<double>3.0</double>`, `3` is `<int>3</int>`.
 *
 * @throws RpcUsageError for NaN and the infinities, which XML-RPC has no form for
 */
export function double(value: number): XmlRpcDouble {
  if (!Number.isFinite(value)) throw new RpcUsageError(`XML-RPC has no double ${String(value)}`);
  return new XmlRpcDouble(value);
}
