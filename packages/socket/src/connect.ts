import { formatAddress, parseAddress, schemeOf, type AddressLike, type Endpoint } from './address.ts';
import { expiredAlready, withDeadline, type Deadline } from './deadline.ts';
import { dial, dialPath, hostOf, type DialOptions } from './dial.ts';
import { toSocketError } from './errors.ts';
import { encodeProxyHeader } from './proxy-protocol/encode.ts';
import type { ProxyHeader } from './proxy-protocol/header.ts';
import type { SocketStream } from './socket-stream.ts';
import { KernelStream } from './streams/kernel-stream.ts';
import { ReceiveBuffer } from './streams/receive-buffer.ts';
import type { TlsClientOptions } from './tls/options.ts';
import { secured } from './tls/secured.ts';

export interface ConnectOptions extends DialOptions, Deadline {
  /** Speaks TLS from the first byte: `true`, or its settings. An address that begins with `tls://` asks for it, too. Default: in clear. */
  readonly tls?: boolean | TlsClientOptions;
  /** Told of each step as it is done: how long a name, a connection and a handshake took. Default: nobody. */
  readonly onStep?: (step: ConnectStep) => void;
  /** Sent before all else, TLS included: on whose behalf this connection is made (the PROXY protocol). Default: none. */
  readonly proxyHeader?: ProxyHeader;
}

/** The addresses are known; one of them was reached; TLS is agreed on. A step that there is no need of is not told. */
export type ConnectStep = 'resolved' | 'connected' | 'secured';

/**
 * Opens a connection over TCP or to a Unix path, in clear or over TLS. The addresses of a name are raced (RFC 8305): IPv6 and IPv4 in
 * turn, each attempt with a head start on the next, all of them tried, the losers closed.
 *
 * @throws SocketError `REFUSED`, `NOT_FOUND`, `TIMED_OUT`, `ABORTED`, `UNREACHABLE`, `PERMISSION`, `TLS`; where several addresses failed, its
 * `cause` is an `AggregateError` with one `SocketError` each. SocketUsageError `BAD_ADDRESS`, `BAD_ARGUMENT`.
 */
export async function connect(address: AddressLike, options: ConnectOptions = {}): Promise<SocketStream> {
  const endpoint = parseAddress(address, ['tcp', 'tls', 'unix']);
  const early = expiredAlready(options);
  if (early !== undefined) throw early;
  const tls = options.tls ?? schemeOf(address) === 'tls';
  const cut = new AbortController();
  const work = open(endpoint, tls === true ? {} : tls, options, cut.signal);
  return withDeadline(work, options, (error) => {
    cut.abort(error);
    // In the turn in which it opened, too: nobody would ever have it.
    work.then(
      (late) => {
        late.abort(error);
      },
      () => undefined,
    );
  });
}

async function open(
  endpoint: Endpoint,
  tls: TlsClientOptions | false,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<SocketStream> {
  // Only who speaks TLS loads it: that is a fifth of the time this package takes to start. And before there is a socket: a peer that drops
  // the connection while a file is read would find nobody who listens for the error, which ends the process.
  const secureClient = tls === false ? undefined : (await import('./tls/client-handshake.ts')).secureClient;
  if (signal.aborted) throw toSocketError(signal.reason);
  // Bytes for TLS go to TLS, inside node.
  const makeBuffer = (): ReceiveBuffer | undefined =>
    tls === false ? ReceiveBuffer.forConnect() : undefined;
  const { socket, received } =
    endpoint.kind === 'unix'
      ? await dialPath(endpoint, makeBuffer(), signal)
      : await dial(endpoint, options, makeBuffer, signal);
  options.onStep?.('connected');
  const known =
    endpoint.kind === 'unix'
      ? ({ local: { family: 'unix', path: '' }, remote: { family: 'unix', path: endpoint.path } } as const)
      : {};
  if (options.proxyHeader !== undefined) socket.write(encodeProxyHeader(options.proxyHeader));
  if (tls === false || secureClient === undefined) return new KernelStream(socket, { ...known, received });
  const host = endpoint.kind === 'inet' ? hostOf(endpoint) : undefined;
  const secure = await secureClient(socket, host, tls, { signal }, formatAddress(endpoint));
  options.onStep?.('secured');
  return secured(secure, { ...known, carrier: socket }, { signal });
}
