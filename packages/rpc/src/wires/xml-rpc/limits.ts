import { RpcUsageError } from '../../errors.ts';

/** What a document may be, read or written. */
export interface XmlRpcLimits {
  /** The most bytes of a document. Default 8 MiB, as the framing codecs here; xmlrpc-c takes 512 KiB, aria2 2 MiB, Python any number. */
  readonly maxBytes?: number;
  /** The most arrays and structs around a value. Default 64, as xmlrpc-c; at most 1,000, for each is a frame on the stack. */
  readonly maxDepth?: number;
  /** The most values in a document, arrays and structs included. Default 1,000,000: about what 8 MiB can hold. */
  readonly maxValues?: number;
}

/** Every limit with its value. */
export type SettledLimits = Readonly<Required<XmlRpcLimits>>;

const highest = { maxBytes: 0x1000_0000, maxDepth: 1000, maxValues: Number.MAX_SAFE_INTEGER };
const defaults: SettledLimits = { maxBytes: 8 * 1024 * 1024, maxDepth: 64, maxValues: 1_000_000 };

/** @throws RpcUsageError for a limit that is no whole number, or above what it may be. */
export function settleLimits(limits?: XmlRpcLimits): SettledLimits {
  if (limits === undefined) return defaults;
  const settled = { ...defaults };
  for (const name of ['maxBytes', 'maxDepth', 'maxValues'] as const) {
    const value = limits[name] ?? defaults[name];
    if (!Number.isSafeInteger(value) || value < 0 || value > highest[name]) {
      throw new RpcUsageError(
        `${name} is ${String(value)}, expected a whole number up to ${String(highest[name])}`,
      );
    }
    settled[name] = value;
  }
  return settled;
}
