import { HeaderFields } from '../headers.ts';

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
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  #headers: HeaderFields | undefined;

  constructor(
    method: string,
    target: string,
    version: '1.0' | '1.1',
    framing: BodyFraming,
    contentLength: number,
    keepAlive: boolean,
    expectsContinue: boolean,
    wantsUpgrade: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
  ) {
    this.method = method;
    this.target = target;
    this.version = version;
    this.framing = framing;
    this.contentLength = contentLength;
    this.keepAlive = keepAlive;
    this.expectsContinue = expectsContinue;
    this.wantsUpgrade = wantsUpgrade;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  get headers(): HeaderFields {
    return (this.#headers ??= new HeaderFields(this.#bytes, this.#start, this.#end));
  }
}

export const endEvent: EndEvent = { type: 'end' };
