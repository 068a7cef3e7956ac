import type { ByteSink, Codec } from '../codec.ts';
import { FramingUsageError } from '../errors.ts';
import { StompDecoder } from './stomp/decoder.ts';
import { encodeStomp } from './stomp/encoder.ts';
import type { StompFrame, StompVersion } from './stomp/frame.ts';

export type { StompFrame, StompVersion } from './stomp/frame.ts';

export interface StompOptions {
  /**
   * Default `'1.2'`. CONNECT and CONNECTED, in which the two sides agree on one, are alike in all. 1.0 escapes nothing in headers, 1.1
   * escapes `\`, LF and `:`, and 1.2 CR as well, since its lines may end with CR LF.
   */
  readonly version?: StompVersion;
  /** The longest body. Default 8 MiB, as `lengthPrefix`; RabbitMQ has 4 MB for a frame, ActiveMQ 100 MB. */
  readonly maxBytes?: number;
  /** The longest command and headers together, empty line included. Default 65,536; ActiveMQ has 10 KB for each line. */
  readonly maxHeaderBytes?: number;
  /** Default 1,000, as ActiveMQ. */
  readonly maxHeaders?: number;
  /**
   * Where the encoder adds a `content-length` that is not there: to every body (`'always'`, the default: 1.2 says SHOULD), or to one with a NUL in it
   * (`'when-needed'`: ActiveMQ takes a message with the header for bytes, and one without for text).
   */
  readonly contentLength?: 'always' | 'when-needed';
  /** Told of each line end between frames: a sign of life (1.2, Heart-beating), or decoration behind a frame. */
  readonly onHeartBeat?: () => void;
}

/**
 * STOMP 1.0, 1.1 and 1.2, for clients and brokers. A line end is ␊, a NUL ␀:
 *
 * ```
 * SEND␊destination:/queue/a␊content-length:2␊␊hi␀    →  SEND, destination, content-length, body [68 69]
 * MESSAGE␊key:a\cb␊␊hi␀                              →  the header ['key', 'a:b'] in 1.1 and 1.2, ['key', 'a\\cb'] in 1.0
 * ␊                                                  →  no frame: a heart-beat. The encoder takes 'heart-beat' for it
 * ```
 *
 * A body is as long as `content-length` says, with a NUL behind it, or ends at the first NUL. Headers are never trimmed. `MALFORMED` are escapes
 * that the version does not have, bytes that are no UTF-8, a `content-length` that is not digits, and a NUL in a header: the grammar allows it,
 * but a frame that lacks its empty line would swallow the next. A `:` that the peer should have escaped in a value is taken.
 *
 * Source: https://stomp.github.io/stomp-specification-1.2.html, and those of 1.1 and 1.0 beside it.
 *
 * @throws FramingUsageError for a limit that is no whole number. From the encoder for what the version cannot say: line ends, NUL and `:` in
 * headers where they are not escaped, a `content-length` that is not the body's, from 1.1 on a body where there is none (all but SEND,
 * MESSAGE, ERROR); and for a frame past a limit.
 */
export function stomp(options: StompOptions = {}): Codec<StompFrame, StompFrame | 'heart-beat'> {
  const { version = '1.2', contentLength = 'always', onHeartBeat } = options;
  const { maxBytes = 8 * 1024 * 1024, maxHeaderBytes = 65_536, maxHeaders = 1000 } = options;
  for (const [name, value] of Object.entries({ maxBytes, maxHeaderBytes, maxHeaders })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new FramingUsageError(`${name} is ${String(value)}, expected a whole number of 0 or more`);
    }
  }
  if (!['1.0', '1.1', '1.2'].includes(version)) throw new FramingUsageError(`there is no STOMP ${version}`);
  const limits = { maxBytes, maxHeaderBytes, maxHeaders };
  return {
    name: `stomp(${version})`,
    decoder: () => new StompDecoder(version, limits, onHeartBeat),
    encoder: () => ({
      encode(frame: StompFrame | 'heart-beat', into: ByteSink): void {
        if (frame === 'heart-beat') into.reserve(1)[0] = 0x0a;
        else encodeStomp(frame, into, version, limits, contentLength);
      },
    }),
  };
}

/** The value of a header: of several, the first (1.2, Repeated Header Entries). */
export function stompHeader(frame: Pick<StompFrame, 'headers'>, name: string): string | undefined {
  return frame.headers.find(([given]) => given === name)?.[1];
}
