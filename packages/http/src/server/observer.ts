import type { Address, TlsInfo } from '@wirestack/socket';
import type { HttpProtocolError } from '../errors.ts';
import type { HttpRequest } from './request.ts';

/**
 * Watches a server: what counts, logs and traces is made of it. Every method is optional, is called in the course of the event and should
 * return soon; what one throws goes to `onError` and harms no request. Without an observer none of it costs anything.
 */
export interface ServerObserver {
  connectionOpened?(connection: ConnectionInfo): void;
  /** Both directions are over. `error` where they did not end in order. */
  connectionClosed?(connection: ConnectionInfo, error?: Error): void;
  /** The head of a request is complete. The handler is called next. */
  requestStarted?(request: HttpRequest): void;
  /** Once for each request that started: its answer was handed to the socket as a whole, or never will be. */
  requestEnded?(request: HttpRequest, outcome: RequestOutcome): void;
  /** The client broke the protocol, a limit or a deadline. It is answered with `error.status` where an answer may still be sent. */
  protocolError?(error: HttpProtocolError, connection: ConnectionInfo): void;
}

/** A client's connection, the same object from its opening to its closing: a key for a `Map` or `WeakMap`. */
export interface ConnectionInfo {
  readonly localAddress: Address;
  /** The client's, or that of a proxy in front; with `proxyProtocol` what the proxy says. */
  readonly remoteAddress: Address;
  /** `undefined` in clear. */
  readonly tls: TlsInfo | undefined;
  /** Requests taken so far. */
  readonly requests: number;
}

/** What became of a request. */
export interface RequestOutcome {
  /** Status of the answer; 0 where there was none. */
  readonly status: number;
  /** Bytes of the answer's body that were handed over: neither its head nor what frames chunks. */
  readonly sentBytes: number;
  /** Bytes of the request's body that arrived. */
  readonly receivedBytes: number;
  /** Milliseconds since 1970 when the head was complete. */
  readonly startedAt: number;
  /** From there to the end of the answer, milliseconds. */
  readonly durationMs: number;
  /** The answer was handed over to its end. That the client got it only the client knows. */
  readonly isComplete: boolean;
}

/** Several observers as one, called in their order. What one throws keeps no other from being told. */
export function observers(...all: readonly ServerObserver[]): ServerObserver {
  const each = (tell: (one: ServerObserver) => void): void => {
    const errors: unknown[] = [];
    for (const one of all) {
      try {
        tell(one);
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 1) throw new AggregateError(errors, 'several observers threw');
    if (errors.length > 0) throw errors[0];
  };
  return {
    connectionOpened: (connection) => {
      each((one) => one.connectionOpened?.(connection));
    },
    connectionClosed: (connection, error) => {
      each((one) => one.connectionClosed?.(connection, error));
    },
    requestStarted: (request) => {
      each((one) => one.requestStarted?.(request));
    },
    requestEnded: (request, outcome) => {
      each((one) => one.requestEnded?.(request, outcome));
    },
    protocolError: (error, connection) => {
      each((one) => one.protocolError?.(error, connection));
    },
  };
}
