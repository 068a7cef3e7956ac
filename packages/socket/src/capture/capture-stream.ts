import type { ByteStream } from '../byte-stream.ts';
import { SocketError, SocketUsageError } from '../errors.ts';
import { tap } from '../tap.ts';
import type { CaptureFile } from './capture-file.ts';
import { endsOfStream } from './packet-addresses.ts';
import { maxSegmentBytes, TcpConversation } from './tcp-conversation.ts';

export interface CaptureOptions {
  /** Who opened the connection: `client` (default) this end, `server` the other. */
  readonly role?: 'client' | 'server';
  /** Stands at the first packet. */
  readonly comment?: string;
  /**
   * Of a Unix socket or of memory, the port that its server is shown with: an analyser goes by it. Default 8000, which it takes for nothing in
   * particular.
   */
  readonly serverPort?: number;
  /** The most data in a packet, 1–65,495. Default 65,495: as few packets as can be. 1,460 looks like Ethernet. */
  readonly segmentBytes?: number;
}

/**
 * The same stream, recorded: use what this answers instead of `stream`, and what goes through it is in the file as a TCP connection, with
 * sequence numbers, acknowledgements and checksums as they should be. It is made from what the program read and wrote, and when it did,
 * in clear where the stream is TLS's; how the network cut, lost and repeated it is not in it.
 *
 * Addresses of IP are the stream's own. A Unix socket and memory are shown as 192.0.2.1, the client, and 192.0.2.2, and the first packet's
 * comment says what they are.
 *
 * @throws SocketUsageError `BAD_ARGUMENT`
 */
export function capture(stream: ByteStream, file: CaptureFile, options: CaptureOptions = {}): ByteStream {
  const { role = 'client', serverPort = 8000, segmentBytes = maxSegmentBytes } = options;
  expectInteger('segmentBytes', segmentBytes, 1, maxSegmentBytes);
  expectInteger('serverPort', serverPort, 0, 65_535);
  const number = file.nextConversation();
  const { local, remote, comment } = endsOfStream(stream.localAddress, stream.remoteAddress, {
    role,
    serverPort,
    number,
  });
  const conversation = new TcpConversation(
    {
      local,
      remote,
      role,
      // As hosts did before it mattered that nobody guesses them (RFC 6528).
      firstSequence: Math.imul(number, 64_000) >>> 0,
      segmentBytes,
      write: (packet, at, remark) => {
        file.packet(packet, at, remark);
      },
    },
    file.clock.now(),
    [options.comment, comment].filter((part) => part !== undefined).join('\n'),
  );
  return tap(
    stream,
    {
      data: (direction, chunk, at) => {
        conversation.data(direction, chunk, at);
      },
      end: (direction, at) => {
        conversation.end(direction, at);
      },
      closed: (error, at) => {
        if (error === undefined) conversation.close('in order', at);
        else conversation.close({ resetBy: culprit(error), comment: error.message }, at);
      },
    },
    { now: () => file.clock.now() },
  );
}

function culprit(error: Error): 'local' | 'remote' {
  const isOfPeer = error instanceof SocketError && (error.code === 'RESET' || error.code === 'PEER_CLOSED');
  return isOfPeer ? 'remote' : 'local';
}

function expectInteger(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new SocketUsageError(
    'BAD_ARGUMENT',
    `${name} is ${String(value)}, expected ${String(min)}–${String(max)}`,
  );
}
