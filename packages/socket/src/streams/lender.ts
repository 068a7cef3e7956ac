import type { ByteStream } from '../byte-stream.ts';
import type { SocketStream } from '../socket-stream.ts';

/** A stream that can write bytes without taking them over: one of a socket can. */
export type Lender = ByteStream & Pick<SocketStream, 'lend'>;

export function canLend(stream: ByteStream): stream is Lender {
  return 'lend' in stream && typeof stream.lend === 'function';
}
