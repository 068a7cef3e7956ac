import type { ByteSink, Codec } from '../codec.ts';
import { FramingUsageError } from '../errors.ts';
import { RespDecoder, type RespSettings } from './resp/decoder.ts';
import { encodeResp } from './resp/encoder.ts';
import { encodeText, type RespValue } from './resp/values.ts';

export {
  RespAttributed,
  RespBigNumber,
  RespDouble,
  RespError,
  RespMap,
  RespNull,
  RespPush,
  RespSet,
  RespSimple,
  RespVerbatim,
  type RespValue,
} from './resp/values.ts';

export interface RespOptions {
  /**
   * 2: strings, errors, integers, arrays, nulls. 3: every type, those of 2 included. Default 2: what a connection to redis speaks until a
   * client has sent `HELLO 3`.
   */
  readonly version?: 2 | 3;
  /** The longest frame, as it is on the wire. Default 8 MiB, as `lengthPrefix`; redis itself takes strings of 512 MiB. */
  readonly maxBytes?: number;
  /** How many aggregates may be open in one another. Default 32; redis answers with some ten (COMMAND DOCS). */
  readonly maxDepth?: number;
  /**
   * Elements of a frame, all depths together, as its headers announce them. Default 1,048,576, the limit of redis for a request. Each
   * costs up to 160 bytes of memory, however few it has on the wire (Node 20, measured).
   */
  readonly maxElements?: number;
}

/**
 * RESP, the protocol of redis, for clients and servers.
 *
 * ```
 * 2b 4f 4b 0d 0a                        +OK            →  'OK'
 * 24 32 0d 0a 68 69 0d 0a               $2 hi          →  [68 69]
 * 2a 32 0d 0a 3a 31 0d 0a 24 2d 31 0d 0a  *2 :1 $-1    →  [1, null]
 * 25 31 0d 0a 2b 61 0d 0a 23 74 0d 0a   %1 +a #t       →  RespMap { 'a' → true }     (version 3)
 * ```
 *
 * What was decoded is encoded to the same bytes, but for a needless `+` of an integer, and for strings and aggregates that came streamed
 * (`$?`, `*?`), which are sent with their length. Lengths are digits and nothing else: no sign, no space, no leading zero.
 *
 * Sources: https://redis.io/docs/latest/develop/reference/protocol-spec/ and https://github.com/redis/redis-specifications (RESP3).
 *
 * @throws FramingUsageError for a limit that is no whole number, and from the encoder for a value past a limit, one that the version
 * has no type for, a number that is no integer, a line end in a simple string.
 */
export function resp(options: RespOptions = {}): Codec<RespValue> {
  const { version = 2, maxBytes = 8 * 1024 * 1024, maxDepth = 32, maxElements = 1_048_576 } = options;
  for (const [name, value] of Object.entries({ maxBytes, maxDepth, maxElements })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new FramingUsageError(`${name} is ${String(value)}, expected a whole number of 0 or more`);
    }
  }
  // A version from somewhere else than a program in TypeScript.
  if (![2, 3].includes(version)) throw new FramingUsageError(`there is no RESP ${String(version)}`);
  const settings: RespSettings = { version, maxBytes, maxDepth, maxElements };
  return {
    name: `resp(${String(version)})`,
    decoder: () => new RespDecoder(settings),
    encoder: () => ({
      encode(value: RespValue, into: ByteSink): void {
        encodeResp(value, into, settings);
      },
    }),
  };
}

/**
 * A command as clients send it: an array of bulk strings. `respCommand('SET', 'key', 1)` is `*3 $3 SET $3 key $1 1`.
 *
 * @throws FramingUsageError for a command of nothing, and for a number that is not finite.
 */
export function respCommand(...words: (string | number | bigint | Uint8Array)[]): RespValue {
  if (words.length === 0) throw new FramingUsageError('a command has a name');
  return words.map((word) => {
    if (word instanceof Uint8Array) return word;
    if (typeof word === 'number' && !Number.isFinite(word))
      throw new FramingUsageError(`${String(word)} in a command`);
    return encodeText(String(word));
  });
}
