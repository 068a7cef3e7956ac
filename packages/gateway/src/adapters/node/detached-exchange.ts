import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HeaderList } from '@wirestack/http';
import type { Body, Chunk, StartResponse } from '../../application.ts';
import type { Environ } from '../../environ.ts';
import { isHopByHop } from '../../hop-by-hop.ts';
import type { StatusText } from '../../middleware/response-parts.ts';
import { drain, endBody, incomingMessage, serverResponse } from './detached-messages.ts';
import { DetachedSocket } from './detached-socket.ts';

type Written = (error?: Error | null) => void;

interface Piece {
  readonly chunk: Chunk;
  readonly written: Written;
}

/**
 * A request and its response between an environ and a listener of Node. What the response writes is a head and the bytes of its body:
 *
 *     HTTP/1.1 200 OK CRLF  Content-Type: text/plain CRLF  CRLF  hello
 */
export class DetachedExchange {
  readonly #environ: Environ;
  readonly #startResponse: StartResponse;
  readonly #wholeBytes: number;
  readonly #socket: DetachedSocket;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #input: AsyncIterator<Uint8Array, undefined> | undefined;
  #isReading = false;
  /** The head as it was written; then there is something to answer with. */
  #head: string | undefined;
  /** Of the body, from before it is known whether that is all of it. */
  readonly #gathered: Chunk[] = [];
  #gatheredBytes = 0;
  #streamed: PieceQueue | undefined;
  #isAnswered = false;
  #isClosed = false;
  #answer: Body | undefined;
  #settle: { resolve: (body: Body) => void; reject: (error: unknown) => void } | undefined;
  #failure: { error: unknown } | undefined;

  constructor(environ: Environ, startResponse: StartResponse, wholeBytes: number) {
    this.#environ = environ;
    this.#startResponse = startResponse;
    this.#wholeBytes = wholeBytes;
    const socket = new DetachedSocket(environ, (data, encoding, written) => {
      this.#take(data, encoding, written);
    });
    this.#socket = socket;
    this.#request = incomingMessage(environ, socket, hasBody(environ) ? () => void this.#read() : undefined);
    this.#response = serverResponse(this.#request, socket);
  }

  /** Answers at once where the listener does. */
  begin(listener: (request: IncomingMessage, response: ServerResponse) => unknown): Body | Promise<Body> {
    const signal = this.#environ['wirestack.signal'];
    const leave = (): void => {
      this.#leave(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    const response = this.#response;
    // As a server does.
    this.#socket.on('drain', () => {
      drain(response);
    });
    response.once('prefinish', () => {
      this.#end();
    });
    response.once('finish', () => {
      // Then the response says `close`.
      this.#socket.destroy();
    });
    response.once('close', () => {
      signal.removeEventListener('abort', leave);
      this.#close();
    });
    if (signal.aborted) leave();
    try {
      const result = listener(this.#request, response);
      if (result instanceof Promise) {
        result.catch((error: unknown) => {
          this.#fail(error);
        });
      }
    } catch (error) {
      this.#fail(error);
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#answer !== undefined) return this.#answer;
    return new Promise<Body>((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  /** What the response writes. */
  #take(data: string | Uint8Array, encoding: BufferEncoding, written: Written): void {
    let rest = data;
    if (this.#head === undefined) {
      const text = typeof data === 'string' ? data : Buffer.from(data).toString('latin1');
      const headEnd = text.indexOf('\r\n\r\n') + 4;
      const head = text.slice(0, headEnd);
      if (head.startsWith('HTTP/1.1 1')) {
        this.#inform(head);
        written();
        return;
      }
      this.#head = head;
      rest = typeof data === 'string' ? data.slice(headEnd) : data.subarray(headEnd);
    }
    const chunk = typeof rest === 'string' && !isUtf8(encoding) ? Buffer.from(rest, encoding) : rest;
    if (this.#streamed !== undefined) {
      this.#streamed.push({ chunk, written });
      return;
    }
    if (chunk.length > 0) this.#gathered.push(chunk);
    this.#gatheredBytes += chunk.length;
    if (this.#gatheredBytes > this.#wholeBytes) {
      // Room is there again when these have gone.
      this.#stream({ chunk: '', written });
      return;
    }
    if (this.#gathered.length <= 1) {
      process.nextTick(() => {
        if (!this.#isAnswered) this.#stream();
      });
    }
    written();
  }

  /** The response has said all: at once, or after all else that it wrote. */
  #end(): void {
    if (this.#isAnswered) return;
    const chunks = this.#gathered;
    const [only = ''] = chunks;
    this.#respond([chunks.length <= 1 ? only : Buffer.concat(chunks.map(bytesOf))]);
  }

  /** What has come so far is not all. */
  #stream(last?: Piece): void {
    const queue = new PieceQueue(this.#gathered.splice(0), () => {
      this.#leave(new Error('the client left'));
    });
    if (last !== undefined) queue.push(last);
    this.#streamed = queue;
    this.#response.once('finish', () => {
      queue.end();
    });
    this.#respond(queue);
  }

  #respond(body: Chunk[] | PieceQueue): void {
    this.#isAnswered = true;
    try {
      const { status, headers } = parseHead(this.#head ?? '');
      this.#startResponse(status, headers);
      const isUnknown = this.#environ.REQUEST_METHOD === 'HEAD' && !headers.some(([name]) => isLength(name));
      // An empty body would tell a client of HEAD that GET has none (RFC 9110 9.3.2).
      this.#answer = isUnknown && body instanceof Array ? [' ', ' '] : body;
      this.#settle?.resolve(this.#answer);
    } catch (error) {
      this.#isAnswered = false;
      this.#fail(error);
    }
  }

  /** Before there is an answer, the server gives one; after, the connection ends. */
  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    if (this.#streamed !== undefined) this.#streamed.fail(error);
    if (this.#isAnswered) {
      if (this.#streamed === undefined) this.#environ['wsgi.errors'].write(`${String(error)}\n`);
      return;
    }
    this.#isAnswered = true;
    this.#failure = { error };
    this.#settle?.reject(error);
    this.#socket.destroy();
  }

  /** `100 Continue`, `102 Processing`, `103 Early Hints`. */
  #inform(head: string): void {
    const status = head.slice(9, 12);
    // The first read is what sends it.
    if (status === '100') this.#request.read(0);
    if (status === '103') this.#environ['wirestack.early_hints'](parseFields(head));
  }

  /** Where there is room, one chunk of the request's body. */
  async #read(): Promise<void> {
    if (this.#isReading || this.#request.complete) return;
    this.#isReading = true;
    this.#input ??= this.#environ['wsgi.input'][Symbol.asyncIterator]() as AsyncIterator<
      Uint8Array,
      undefined
    >;
    try {
      const { done, value } = await this.#input.next();
      this.#isReading = false;
      if (done === true) endBody(this.#request, this.#environ['wirestack.trailers']);
      else this.#request.push(value);
    } catch (error) {
      // Once it is answered nobody reads the rest, and it is no fault that it is gone.
      if (this.#response.writableEnded) endBody(this.#request, []);
      else this.#request.destroy(resetError(error));
    }
  }

  /** The client is gone. */
  #leave(reason: unknown): void {
    if (this.#isClosed) return;
    if (!this.#request.complete || !this.#request.readableEnded) this.#request.destroy(resetError(reason));
    this.#socket.destroy();
  }

  /** Complete, or not. */
  #close(): void {
    this.#isClosed = true;
    const isSaid = this.#response.writableEnded && this.#streamed === undefined;
    if (!this.#response.writableFinished && !isSaid) {
      const error = this.#socket.errored ?? new Error('the listener ended the connection without an answer');
      this.#fail(error);
      return;
    }
    const { _dump: dump } = this.#request as unknown as { _dump?: () => void };
    if (!this.#request.readableEnded) dump?.call(this.#request);
  }
}

/** Chunks of a response in pieces: each is let go when the next one is wanted. */
class PieceQueue implements AsyncIterableIterator<Chunk> {
  readonly #pieces: Piece[];
  readonly #leave: () => void;
  #isOver = false;
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(first: readonly Chunk[], leave: () => void) {
    this.#pieces = first.map((chunk) => ({ chunk, written: () => undefined }));
    this.#leave = leave;
  }

  push(piece: Piece): void {
    this.#pieces.push(piece);
    this.#wake?.();
  }

  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#failure = { error };
    this.#wake?.();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Chunk, undefined>> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        piece.written();
        if (piece.chunk.length > 0) return { done: false, value: piece.chunk };
      } else if (this.#failure !== undefined) throw this.#failure.error;
      else if (this.#isOver) return { done: true, value: undefined };
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  return(): Promise<IteratorResult<Chunk, undefined>> {
    if (!this.#isOver) {
      this.end();
      this.#leave();
    }
    return Promise.resolve({ done: true, value: undefined });
  }
}

/** GET may have one, too. */
function hasBody({ CONTENT_LENGTH = '0', HTTP_TRANSFER_ENCODING }: Environ): boolean {
  return CONTENT_LENGTH !== '0' || HTTP_TRANSFER_ENCODING !== undefined;
}

function isUtf8(encoding: string): boolean {
  return encoding === 'utf8' || encoding === 'utf-8';
}

function bytesOf(chunk: Chunk): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

/** `HTTP/1.1 404 Not Found` and the fields behind it, as Node writes them. */
function parseHead(head: string): { status: StatusText; headers: HeaderList } {
  const lineEnd = head.indexOf('\r\n');
  const status = head.slice('HTTP/1.1 '.length, lineEnd) as StatusText;
  return { status, headers: parseFields(head).filter(([name]) => !isHopByHop(name)) };
}

function parseFields(head: string): HeaderList {
  const [, ...lines] = head.split('\r\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    });
}

function isLength(name: string): boolean {
  return name.toLowerCase() === 'content-length';
}

/** What Node says of a client that left. */
function resetError(cause: unknown): Error {
  return Object.assign(new Error('aborted', { cause }), { code: 'ECONNRESET' });
}
