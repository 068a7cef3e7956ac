import type { Application, Body, Chunk, StartResponse, Write } from '../application.ts';
import { deriveEnviron, type Environ } from '../environ.ts';
import { FileWrapper } from '../file-wrapper.ts';
import { checkEnviron } from './check-environ.ts';
import { checkHead, type CheckedHead } from './check-head.ts';
import { CheckedInput } from './checked-input.ts';
import { requireOf, shown } from './rule.ts';

/**
 * Middleware that holds both sides to the interface: every assertion of `wsgiref.validate`, and what follows from the rest being asynchronous. Put it around
 * an application while you write it, or around your middleware, on either side; it costs about as much as a small application.
 *
 * @throws ValidationError where the fault is found: from `startResponse`, `write`, a read of `wsgi.input`, or the next step of the body. What shows at the end only
 *   (a body shorter than its Content-Length, a write that nobody awaited) ends the connection, and `onError` of the server is told.
 */
export function validator(app: Application): Application {
  return (environ: Environ, startResponse: StartResponse, ...more: unknown[]) => {
    requireOf(
      'server',
      more.length === 0,
      'an application is called with environ and startResponse',
      'there were more',
    );
    requireOf(
      'server',
      typeof startResponse === 'function',
      'startResponse is a function',
      shown(startResponse),
    );
    checkEnviron(environ);
    const input = new CheckedInput(environ['wsgi.input']);
    const exchange = new CheckedExchange(environ.REQUEST_METHOD, startResponse, input);
    const body = app(deriveEnviron(environ, { 'wsgi.input': input }), exchange.start);
    return isPromise(body) ? body.then((one) => exchange.returned(one)) : exchange.returned(body);
  };
}

/** One call of an application: what it has said so far. */
class CheckedExchange {
  readonly #method: string;
  readonly #startResponse: StartResponse;
  readonly #input: CheckedInput;
  #head: CheckedHead | undefined;
  #sentBytes = 0;
  #hasReturned = false;
  #writesUnderWay = 0;

  constructor(method: string, startResponse: StartResponse, input: CheckedInput) {
    this.#method = method;
    this.#startResponse = startResponse;
    this.#input = input;
  }

  readonly start: StartResponse = (status, headers, error, ...more: unknown[]) => {
    requireOf(
      'application',
      more.length === 0,
      'startResponse takes a status, headers, and perhaps an error',
      'there were more arguments',
    );
    const isFirst = this.#head === undefined;
    requireOf(
      'application',
      isFirst || error !== undefined,
      'startResponse is called once, or again with an error',
      '',
    );
    const head = checkHead(status, headers);
    const write =
      error === undefined
        ? this.#startResponse(status, headers)
        : this.#startResponse(status, headers, error);
    this.#head = head;
    return this.#checkedWrite(write);
  };

  returned(body: Body): Body {
    this.#hasReturned = true;
    const rule = 'a body is an iterable of chunks';
    requireOf(
      'application',
      typeof body === 'object' && (body as unknown) !== null,
      rule,
      `it is ${shown(body)}: put text into an array`,
    );
    const isIterable = Symbol.iterator in body || Symbol.asyncIterator in body;
    requireOf('application', isIterable, rule, `it is ${shown(body)}`);
    requireOf(
      'application',
      !(body instanceof Uint8Array),
      rule,
      'it is bytes, whose pieces are numbers: put them into an array',
    );
    if (body instanceof FileWrapper) return this.#file(body);
    return new CheckedBody(body, this);
  }

  /** A piece of the body is on its way. */
  count(chunk: Chunk): void {
    const isChunk = typeof chunk === 'string' || (chunk as unknown) instanceof Uint8Array;
    requireOf('application', isChunk, 'a chunk of a body is text or bytes', `it is ${shown(chunk)}`);
    requireOf('application', this.#head !== undefined, 'startResponse is called before the first chunk', '');
    const { status, contentLength } = this.#head;
    this.#sentBytes += typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length;
    if (this.#sentBytes === 0) return;
    requireOf('application', status !== 204 && status !== 304, `${String(status)} has no body`, '');
    const isWithin = contentLength < 0 || this.#sentBytes <= contentLength;
    requireOf(
      'application',
      isWithin,
      'a body is as long as its Content-Length',
      `it has more than ${String(contentLength)} bytes`,
    );
  }

  /** The body came to its end. */
  ended(): void {
    requireOf('application', this.#head !== undefined, 'startResponse is called before the body ends', '');
    this.#checkWrites();
    const { status, contentLength } = this.#head;
    const mayBeShort = this.#method === 'HEAD' || status === 304 || contentLength < 0;
    const found = `it has ${String(this.#sentBytes)} of ${String(contentLength)} bytes`;
    requireOf(
      'application',
      mayBeShort || this.#sentBytes === contentLength,
      'a body is as long as its Content-Length',
      found,
    );
  }

  /** The response is over, complete or not. */
  over(): void {
    this.#input.isOver = true;
  }

  #checkWrites(): void {
    const isDone = this.#writesUnderWay === 0;
    requireOf(
      'application',
      isDone,
      'every write is awaited: its promise is the only back-pressure',
      'one is under way',
    );
  }

  #checkedWrite(write: Write): Write {
    return async (chunk) => {
      requireOf(
        'application',
        !this.#hasReturned,
        'nothing is written once the application has returned',
        shown(chunk),
      );
      this.#checkWrites();
      this.count(chunk);
      this.#writesUnderWay++;
      try {
        await write(chunk);
      } finally {
        this.#writesUnderWay--;
      }
    };
  }

  /** Stays what it is, for servers know it. */
  #file(body: FileWrapper): FileWrapper {
    const { contentLength } = this.#head ?? { contentLength: -1 };
    requireOf('application', this.#head !== undefined, 'startResponse is called before the body', '');
    const isSame = contentLength < 0 || contentLength === body.length;
    requireOf(
      'application',
      isSame,
      'a file is as long as its Content-Length',
      `${String(body.length)} and ${String(contentLength)} bytes`,
    );
    return body;
  }
}

/** A body that watches both who makes it and who reads it. */
class CheckedBody implements AsyncIterable<Chunk> {
  readonly #inner: Body;
  readonly #exchange: CheckedExchange;
  #isIterated = false;
  #isClosed = false;

  constructor(inner: Body, exchange: CheckedExchange) {
    this.#inner = inner;
    this.#exchange = exchange;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Chunk, void, undefined> {
    requireOf('server', !this.#isIterated, 'a body is iterated over once', '');
    requireOf('server', !this.#isClosed, 'a body is not read once it is closed', '');
    this.#isIterated = true;
    for await (const chunk of this.#inner) {
      requireOf('server', !this.#isClosed, 'a body is not read once it is closed', '');
      this.#exchange.count(chunk);
      yield chunk;
    }
    this.#exchange.ended();
  }

  async close(): Promise<void> {
    requireOf('server', !this.#isClosed, 'close() is called once', '');
    this.#isClosed = true;
    this.#exchange.over();
    await this.#inner.close?.();
  }
}

function isPromise(body: Body | Promise<Body>): body is Promise<Body> {
  return body instanceof Promise || (typeof body === 'object' && 'then' in body);
}
