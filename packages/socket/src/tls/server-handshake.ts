import type { Duplex } from 'node:stream';
import {
  createSecureContext,
  createServer,
  TLSSocket,
  type SecureContext,
  type Server,
  type TLSSocketOptions,
} from 'node:tls';
import { withDeadline, type Deadline } from '../deadline.ts';
import { SocketUsageError } from '../errors.ts';
import { AnnouncedEnd } from './close-notify.ts';
import { handshakeError } from './handshake-error.ts';
import type { SniContext, TlsServerOptions } from './options.ts';

/** The server's half of handshakes: one certificate, ticket keys and settings for any number of connections. */
export class TlsTerminator {
  readonly #server: Server;
  /** How a socket is made without the server, where that does not tell whose handshake has ended. */
  readonly #ownOptions: TLSSocketOptions | undefined;
  readonly #timeoutMs: number;
  /** An end without `close_notify` is an error. */
  readonly requireCloseNotify: boolean;

  /** @throws SocketUsageError `BAD_ARGUMENT` for a key or certificate that OpenSSL does not take. */
  constructor(options: TlsServerOptions) {
    const { alpn, sni, handshakeTimeoutMs = 10_000, requireCloseNotify = false, ...rest } = options;
    this.#timeoutMs = handshakeTimeoutMs;
    this.requireCloseNotify = requireCloseNotify;
    try {
      this.#server = createServer({
        ...rest,
        // Ours ends the handshake; node's own clock would only ever be a second one.
        handshakeTimeout: 0x7fff_ffff,
        ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
        ...(sni === undefined ? {} : { SNICallback: sniCallback(sni) }),
      });
      if ('bun' in process.versions) this.#ownOptions = ownOptions(options);
    } catch (error) {
      throw new SocketUsageError('BAD_ARGUMENT', `tls: ${(error as Error).message}`);
    }
  }

  /**
   * Runs the handshake on a connection that was accepted elsewhere.
   *
   * @throws SocketError `TLS`, `RESET`, `TIMED_OUT`, `ABORTED`; the connection is destroyed then.
   */
  async accept(carrier: Duplex, deadline: Deadline = {}): Promise<TLSSocket> {
    const ending = this.requireCloseNotify ? new AnnouncedEnd(carrier) : undefined;
    const secured = new Promise<TLSSocket>((resolve, reject) => {
      const onSecure = (socket: TLSSocket): void => {
        halfOpen(socket);
        ending?.require(socket);
        resolve(socket);
      };
      const onError = (error: unknown): void => {
        reject(handshakeError(error));
      };
      // Who finishes before the handshake is over has gone. node takes over what the carrier says now.
      const under = ending?.carrier ?? carrier;
      under.allowHalfOpen = false;
      if (this.#ownOptions === undefined) this.#byServer(under, onSecure, onError);
      else alone(under, this.#ownOptions, onSecure, onError);
      halfOpen(under);
    });
    const timeoutMs = Math.min(deadline.timeoutMs ?? Infinity, this.#timeoutMs);
    try {
      return await withDeadline(secured, { signal: deadline.signal, timeoutMs }, () => undefined);
    } catch (error) {
      carrier.destroy();
      throw error;
    }
  }

  /** node's documented way to bring a connection in is the event; on an heir of the server, so that the answer is to this one. */
  #byServer(carrier: Duplex, onSecure: (socket: TLSSocket) => void, onError: (error: unknown) => void): void {
    const heir = Object.create(this.#server, {
      emit: {
        value: (event: string, ...args: unknown[]): boolean => {
          if (event === 'secureConnection') onSecure(args[0] as TLSSocket);
          else if (event === 'tlsClientError') onError(args[0]);
          else return this.#server.emit(event, ...args);
          return true;
        },
      },
    }) as Server;
    for (const listener of this.#server.listeners('connection')) listener.call(heir, carrier);
  }
}

/**
 * Bun's server tells of a handshake by the server alone, never by an heir, and not whose it was. Its sockets check the client's certificate
 * without a server; node's leave that to it.
 */
function alone(
  carrier: Duplex,
  options: TLSSocketOptions,
  onSecure: (socket: TLSSocket) => void,
  onError: (error: unknown) => void,
): void {
  const onClose = (): void => {
    onError(Object.assign(new Error('the peer closed the connection'), { code: 'ECONNRESET' }));
  };
  // What goes wrong below is told above, too.
  carrier.on('error', () => undefined);
  const socket = new TLSSocket(carrier, options);
  socket.on('error', onError);
  socket.once('close', onClose);
  socket.once('secure', () => {
    socket.off('error', onError).off('close', onClose);
    onSecure(socket);
  });
}

function ownOptions(options: TlsServerOptions): TLSSocketOptions {
  const { alpn, sni, requestCert = false, rejectUnauthorized = true, ...rest } = options;
  return {
    isServer: true,
    secureContext: createSecureContext(rest),
    requestCert,
    rejectUnauthorized,
    ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
    ...(sni === undefined ? {} : { SNICallback: sniCallback(sni) }),
  };
}

function halfOpen<T extends Duplex>(socket: T): T {
  socket.allowHalfOpen = true;
  return socket;
}

function sniCallback(sni: NonNullable<TlsServerOptions['sni']>) {
  return (servername: string, done: (error: Error | null, context?: SecureContext) => void): void => {
    // In a promise, so that what it throws, or a certificate that is none, is the handshake's failure and not the process's.
    void Promise.resolve(servername)
      .then(sni)
      .then((found) => (found === undefined ? undefined : contextOf(found)))
      .then(
        (context) => {
          done(null, context);
        },
        (error: unknown) => {
          done(error instanceof Error ? error : new Error(String(error)));
        },
      );
  };
}

function contextOf(found: SniContext): SecureContext {
  return 'context' in found ? found : createSecureContext(found);
}
