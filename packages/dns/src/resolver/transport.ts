import { framed, FramingError, lengthPrefix } from '@wirestack/framing';
import {
  armDeadline,
  connect,
  connectDatagram,
  formatAddress,
  SocketError,
  type Address,
  type Deadline,
} from '@wirestack/socket';
import { encode } from '../message/encode.ts';
import type { Message } from '../message/message.ts';
import { respond } from '../message/query.ts';
import { readReply, type IgnoredReason } from './reply.ts';

/** A server to ask: an IP address and a port. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

export interface ExchangeOptions extends Deadline {
  /** The question of the reply must have the query's upper and lower case letters. Default false. */
  readonly exactCase?: boolean | undefined;
  /** Told of each message that was not the answer. */
  readonly onIgnored?: ((reason: IgnoredReason, server: ServerAddress) => void) | undefined;
}

/**
 * How a query reaches a server. It sends the query once, over what `via` says, and answers with what {@link readReply} takes for the
 * reply; it lets go of all it opened before it settles, and settles when the deadline passes. Rejects with `SocketError`.
 */
export type Exchange = (
  query: Message,
  server: ServerAddress,
  via: 'udp' | 'tcp',
  options: ExchangeOptions,
) => Promise<Message>;

/**
 * Messages from the server's own address that have another id or question, all but certainly forged as the socket has seen one query only.
 * After these UDP is given up: the reply is as if it were truncated, and TCP no one can write into unseen. PowerDNS began with 20.
 */
const maxForged = 20;

/** Over the network: one socket a query, so that each has a port of its own that a forger must guess (RFC 5452 9.2). */
export const exchange: Exchange = (query, server, via, options) =>
  within(options, (signal) =>
    via === 'udp' ? exchangeUdp(query, server, signal, options) : exchangeTcp(query, server, signal, options),
  );

async function exchangeUdp(
  query: Message,
  server: ServerAddress,
  signal: AbortSignal,
  options: ExchangeOptions,
): Promise<Message> {
  const { exactCase = false, onIgnored } = options;
  // Connected: the kernel drops what others send, and says at once where nobody listens.
  const socket = await connectDatagram(server, { queueLimit: 64 });
  try {
    await socket.send(encode(query), undefined, { signal });
    for (let forged = 0; forged <= maxForged;) {
      const { data, from } = await socket.receive({ signal });
      // RFC 5452 9.1: the source is matched, whatever the socket has kept out.
      const reply = isFrom(from, socket.remoteAddress) ? readReply(data, query, exactCase) : 'WRONG_SOURCE';
      if (typeof reply !== 'string') return reply;
      if (reply === 'WRONG_ID' || reply === 'WRONG_QUESTION') forged++;
      onIgnored?.(reply, server);
    }
    return respond(query, { isTruncated: true });
  } finally {
    await socket.close();
  }
}

/** RFC 7766: each message behind its length of two bytes. */
const tcpFormat = lengthPrefix({ bytes: 2, maxBytes: 0xffff });

async function exchangeTcp(
  query: Message,
  server: ServerAddress,
  signal: AbortSignal,
  options: ExchangeOptions,
): Promise<Message> {
  const { exactCase = false, onIgnored } = options;
  const stream = await connect(server, { signal });
  try {
    const messages = framed(stream, tcpFormat);
    // The write may wait for a peer that does not read; the loop below notices where it fails.
    messages.send(encode(query)).catch(() => undefined);
    for (;;) {
      const bytes = await messages.receive({ signal });
      if (bytes === undefined)
        throw new SocketError('RESET', 'the server closed the connection without an answer');
      const reply = readReply(bytes, query, exactCase);
      if (typeof reply !== 'string') return reply;
      onIgnored?.(reply, server);
    }
  } catch (error) {
    if (!(error instanceof FramingError)) throw error;
    throw new SocketError('RESET', 'the server closed the connection in the middle of a message', {
      cause: error,
    });
  } finally {
    // Aborts where the deadline passes before what is queued is sent.
    await stream.close({ signal }).catch(() => undefined);
  }
}

/** Gives `work` one signal for the whole deadline, and turns its abortion back into what the deadline says. */
async function within<T>(options: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let expired: SocketError | undefined;
  const expire = (error: SocketError): void => {
    expired = error;
    controller.abort(error);
  };
  if (options.signal?.aborted === true) {
    throw new SocketError('ABORTED', 'aborted before the query was sent', { cause: options.signal.reason });
  }
  const disarm = armDeadline(options, expire);
  try {
    return await work(controller.signal);
  } catch (error) {
    throw expired ?? error;
  } finally {
    disarm();
  }
}

function isFrom(from: Address, remote: Address | undefined): boolean {
  return remote !== undefined && formatAddress(from) === formatAddress(remote);
}
