import { HeaderFields } from '../headers.ts';
import { connectionOptions } from './connection-options.ts';
import { trimBlanks } from './octets.ts';

/** What a request parser says, in order: one head, any number of data, perhaps trailers, one end. */
export type RequestEvent = RequestHead | DataEvent | TrailersEvent | EndEvent;

export interface DataEvent {
  readonly type: 'data';
  readonly bytes: Uint8Array;
}

export interface TrailersEvent {
  readonly type: 'trailers';
  readonly fields: HeaderFields;
}

export interface EndEvent {
  readonly type: 'end';
}

/** How the end of a body is known (RFC 9112 6.3): there is none, it has `contentLength` bytes, or it comes in chunks. */
export type BodyFraming = 'none' | 'length' | 'chunked';

/** A response may also go on until the connection ends, which nobody can tell from one that was cut short. */
export type ResponseFraming = BodyFraming | 'close';

/**
 * What a response parser says, in order, for each request: any number of `informational`, then `upgrade`, behind which there is no more HTTP, or a
 * head, any number of data, perhaps trailers, one end.
 */
export type ResponseEvent =
  InformationalEvent | UpgradeEvent | ReceivedResponse | DataEvent | TrailersEvent | EndEvent;

/** A `1xx` response: the one that counts is still to come. */
export interface InformationalEvent {
  readonly type: 'informational';
  readonly head: ReceivedResponse;
}

/** A 101 that was asked for, or a 2xx to CONNECT: what follows is in another protocol. */
export interface UpgradeEvent {
  readonly type: 'upgrade';
  readonly head: ReceivedResponse;
}

/** Request line and header section. */
export class RequestHead {
  readonly type = 'head';
  readonly method: string;
  /** As it was sent: nothing is decoded or normalised. */
  readonly target: string;
  /** `1.0` or `1.1`. */
  readonly version: '1.0' | '1.1';
  readonly framing: BodyFraming;
  /** Bytes of the body where `framing` is `length`, else 0. */
  readonly contentLength: number;
  /** The client would send another request on this connection. */
  readonly keepAlive: boolean;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
  /** The client would change the protocol (RFC 9110 7.8). */
  readonly wantsUpgrade: boolean;
  /** One object for all requests of a connection that repeat the section before. */
  readonly headers: HeaderFields;

  constructor(
    method: string,
    target: string,
    version: '1.0' | '1.1',
    framing: BodyFraming,
    contentLength: number,
    keepAlive: boolean,
    expectsContinue: boolean,
    wantsUpgrade: boolean,
    headers: HeaderFields,
  ) {
    this.method = method;
    this.target = target;
    this.version = version;
    this.framing = framing;
    this.contentLength = contentLength;
    this.keepAlive = keepAlive;
    this.expectsContinue = expectsContinue;
    this.wantsUpgrade = wantsUpgrade;
    this.headers = headers;
  }

  /** The client keeps trailers: `TE: trailers`, which it says for this connection only (RFC 9110 6.5.1, 10.1.4). */
  get acceptsTrailers(): boolean {
    const te = this.headers.get('te');
    if (te === undefined || !connectionOptions(this.headers).includes('te')) return false;
    return te.split(',').some((coding) => trimBlanks(coding).toLowerCase() === 'trailers');
  }
}

/** Status line and header section. */
export class ReceivedResponse {
  readonly type = 'head';
  readonly status: number;
  /** As it was sent, perhaps empty: it is for people only. */
  readonly reason: string;
  readonly version: '1.0' | '1.1';
  readonly framing: ResponseFraming;
  /** Bytes of the body where `framing` is `length`, else 0. */
  readonly contentLength: number;
  /** The server would take another request on this connection. */
  readonly keepAlive: boolean;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  #headers: HeaderFields | undefined;

  constructor(
    status: number,
    reason: string,
    version: '1.0' | '1.1',
    framing: ResponseFraming,
    contentLength: number,
    keepAlive: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
  ) {
    this.status = status;
    this.reason = reason;
    this.version = version;
    this.framing = framing;
    this.contentLength = contentLength;
    this.keepAlive = keepAlive;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  get headers(): HeaderFields {
    return (this.#headers ??= new HeaderFields(this.#bytes, this.#start, this.#end));
  }
}

export const endEvent: EndEvent = { type: 'end' };
