import type { ByteStream } from '@wirestack/socket';
import { HttpProtocolError } from '../errors.ts';
import type { RequestHead } from '../protocol/events.ts';
import type { ServerConnection } from '../protocol/server-connection.ts';
import type { ServerRequest } from './request.ts';

/** Why a connection is not read at the moment: bits, for there may be several. */
export const hold = {
  /** The body under way waits to be read by its handler. */
  BODY_FULL: 1,
  /** A request has to wait for the answers before it. */
  ORDER: 2,
  /** The client does not take its answers. */
  OUTPUT: 4,
  /** Others have their turn. */
  TURN: 8,
  /** Whether what follows is HTTP is not known before the request to upgrade is answered. */
  UPGRADE: 16,
} as const;

/** Who gets what was read. */
export interface RequestTaker {
  /** A head: answers the request, or `undefined` where it holds the reader until it can take it. */
  takeHead(head: RequestHead): void;
  /** Of an unwanted body more has come than it is worth reading. */
  tooMuchUnwanted(): void;
  /** It has had its turn: it is held until the next. */
  yieldTurn(): void;
  failed(error: HttpProtocolError): void;
  /** Something was taken that may have been answered. */
  resumed(): void;
}

/** Requests answered in one turn, so that a flood of pipelined ones cannot keep others waiting. Browsers and load generators send up to 16. */
const requestsPerTurn = 32;
/** An unread body is read to its end up to this; beyond, ending the connection is cheaper. */
export const drainBytes = 262_144;

/** The half of a connection that reads: takes requests from the bytes, no further than they may be taken. */
export class RequestReader {
  /** The request whose body is arriving. */
  receiving: ServerRequest | undefined;
  /** No head is complete yet. */
  isFresh = true;
  readonly #stream: ByteStream;
  readonly #protocol: ServerConnection;
  readonly #taker: RequestTaker;
  #holds = 0;
  #peerEnded = false;

  constructor(stream: ByteStream, protocol: ServerConnection, taker: RequestTaker) {
    this.#stream = stream;
    this.#protocol = protocol;
    this.#taker = taker;
  }

  get peerEnded(): boolean {
    return this.#peerEnded;
  }

  /** The client's turn to send: it has been told to where it waits for that, and there is room for more. */
  get awaitsBody(): boolean {
    const request = this.receiving;
    if (request === undefined || !this.#protocol.isReceivingBody || this.isHeld(hold.BODY_FULL)) return false;
    return !request.head.expectsContinue || request.wasContinued;
  }

  isHeld(why: number): boolean {
    return (this.#holds & why) !== 0;
  }

  receive(chunk: Uint8Array): void {
    this.#protocol.receive(chunk);
    this.#read();
  }

  /** The peer sends nothing more. Requests that are held back are still read before. */
  end(): void {
    this.#peerEnded = true;
    if (this.#holds === 0) this.#end();
  }

  hold(why: number): void {
    if (this.#holds === 0) this.#stream.pause();
    this.#holds |= why;
  }

  release(why: number): void {
    if ((this.#holds & why) === 0) return;
    this.#holds &= ~why;
    if (this.#holds > 0) return;
    this.#read();
    if (this.#holds === 0) {
      this.#stream.resume();
      if (this.#peerEnded) this.#end();
    }
    this.#taker.resumed();
  }

  /** Nothing is read any more: what still comes is somebody else's to take. True where the stream was paused. */
  stop(): boolean {
    const wasHeld = this.#holds !== 0;
    this.#holds = 0;
    this.receiving = undefined;
    return wasHeld;
  }

  #read(): void {
    const protocol = this.#protocol;
    let budget = requestsPerTurn;
    try {
      while (this.#holds === 0) {
        const event = protocol.nextEvent();
        if (event === undefined) break;
        switch (event.type) {
          case 'head':
            this.isFresh = false;
            if (--budget === 0) this.#taker.yieldTurn();
            this.#taker.takeHead(event);
            break;
          case 'data':
            this.#takeData(event.bytes);
            break;
          case 'trailers':
            this.receiving?.body.setTrailers(event.fields);
            break;
          case 'end':
            if (this.receiving?.head.framing !== 'none') this.receiving?.body.end();
            this.receiving = undefined;
        }
      }
    } catch (error) {
      if (!(error instanceof HttpProtocolError)) throw error;
      this.#taker.failed(error);
    }
    if (protocol.isPaused) this.hold(hold.UPGRADE);
  }

  #takeData(bytes: Uint8Array): void {
    const body = this.receiving?.body;
    if (body === undefined) return;
    body.push(bytes);
    if (body.isFull) this.hold(hold.BODY_FULL);
    else if (body.discardedBytes > drainBytes) this.#taker.tooMuchUnwanted();
  }

  #end(): void {
    try {
      this.#protocol.receiveEnd();
    } catch (error) {
      if (!(error instanceof HttpProtocolError)) throw error;
      this.#taker.failed(error);
    }
  }
}
