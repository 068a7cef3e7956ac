import type { HeaderList } from '@wirestack/http';
import type { Application, Body, Chunk } from './application.ts';
import type { Environ } from './environ.ts';
import { GatewayUsageError } from './errors.ts';
import { FileWrapper } from './file-wrapper.ts';
import type { ByteStream } from '@wirestack/socket';
import { ResponseStart } from './start-response.ts';
import { UpgradeBody } from './upgrade.ts';

/** What a server has to send. A body in pieces is read to its end, or its iterator's `return()` is called. */
export interface GatewayResponse {
  readonly status: number;
  /** Undefined where it is the registered phrase. */
  readonly reason: string | undefined;
  readonly headers: HeaderList;
  readonly body: Chunk | FileWrapper | AsyncIterable<Chunk> | Iterable<Chunk>;
  /** The application takes the connection over: there is no body then, but for `return()` to call where the connection is not taken. */
  readonly upgrade?: (stream: ByteStream) => Promise<unknown>;
}

/**
 * Runs an application on an environ, up to its first chunk: then its head is settled. Every server here uses it. Without a promise where
 * the application needs none.
 *
 * @throws what the application throws before its head is settled; GatewayUsageError `NOT_STARTED`, `BAD_BODY`
 */
export function run(app: Application, environ: Environ): GatewayResponse | Promise<GatewayResponse> {
  const start = new ResponseStart();
  const body = app(environ, start.start);
  return !Array.isArray(body) && isPromise(body)
    ? awaitBody(Promise.resolve(body), start)
    : settle(body, start);
}

/** The application is at work: the response begins when it returns, or when it writes. */
function awaitBody(promise: Promise<Body>, start: ResponseStart): Promise<GatewayResponse> {
  return new Promise((resolve, reject) => {
    const begin = (): void => {
      start.onWrite = undefined;
      resolve(respond(start, new Pieces(promise, start)));
    };
    if (start.written !== undefined) begin();
    else start.onWrite = begin;
    promise
      .then(
        (body) => {
          if (start.written === undefined) resolve(settle(body, start));
          else start.finish();
        },
        (error: unknown) => {
          start.written?.fail(error);
          start.finish();
          throw error;
        },
      )
      // Where the response has begun, this comes too late to matter.
      .catch(reject);
  });
}

function settle(body: Body, start: ResponseStart): GatewayResponse | Promise<GatewayResponse> {
  start.finish();
  if (start.written !== undefined) {
    return respond(start, new Pieces(Promise.resolve(body), start));
  }
  if (Array.isArray(body) && body.length <= 1 && (body as Body).close === undefined) {
    const chunk = (body.length === 0 ? '' : body[0]) as Chunk;
    return respond(start, checkChunk(chunk));
  }
  if (body instanceof UpgradeBody) return respondUpgrade(start, body);
  if (body instanceof FileWrapper && start.status !== undefined) return respond(start, body);
  const pieces = new Pieces(body, start);
  return pieces.begin(start);
}

function respond(start: ResponseStart, body: GatewayResponse['body']): GatewayResponse {
  const { status, headers } = start;
  if (status === undefined) {
    throw new GatewayUsageError(
      'NOT_STARTED',
      'the application returned a body and did not call startResponse',
    );
  }
  if (status.code === 101 && !start.isUpgrade) {
    throw new GatewayUsageError('BAD_BODY', 'what goes with 101 is made by `wirestack.upgrade`');
  }
  start.isSent = true;
  return { status: status.code, reason: status.reason, headers, body };
}

function respondUpgrade(start: ResponseStart, body: UpgradeBody): GatewayResponse {
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    await body.close();
  };
  const nothing: AsyncIterable<Chunk> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve(over),
      return: async () => {
        await close();
        return over;
      },
    }),
  };
  start.isUpgrade = true;
  const response = respond(start, nothing);
  return {
    ...response,
    upgrade: async (stream) => {
      try {
        await body.use(stream);
      } finally {
        await close();
      }
    },
  };
}

/**
 * What was written, then the body, as one iterable. Its end, early or not, ends the body's iterator and calls the body's `close()`, once.
 */
class Pieces implements AsyncIterable<Chunk>, AsyncIterator<Chunk, undefined> {
  #body: Body | undefined;
  readonly #pending: Promise<Body> | undefined;
  readonly #start: ResponseStart;
  #iterator: Iterator<Chunk> | AsyncIterator<Chunk> | undefined;
  #hasEnded = false;
  #first: Chunk | undefined;
  #isOver = false;

  constructor(body: Body | Promise<Body>, start: ResponseStart) {
    if (isPromise(body)) this.#pending = body;
    else this.#body = body;
    this.#start = start;
  }

  /** Goes on to the first chunk that is not empty: until then the application may change its mind. */
  async begin(start: ResponseStart): Promise<GatewayResponse> {
    try {
      for (;;) {
        const { done, value } = await this.#pull();
        if (done === true) {
          await this.#close();
          return respond(start, '');
        }
        if (value.length === 0) continue;
        this.#first = value;
        return respond(start, this);
      }
    } catch (error) {
      await this.#closeAfter();
      throw error;
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Chunk, undefined>> {
    if (this.#isOver) return over;
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) return { done: false, value: first };
    try {
      const result = await this.#pull();
      if (result.done !== true) return result;
    } catch (error) {
      await this.#closeAfter();
      throw error;
    }
    await this.#close();
    return over;
  }

  async return(): Promise<IteratorResult<Chunk, undefined>> {
    await this.#close();
    return over;
  }

  async #pull(): Promise<IteratorResult<Chunk, unknown>> {
    const written = await this.#start.written?.next();
    if (written !== undefined) return { done: false, value: written };
    const body = this.#body ?? (await this.#pending) ?? undefined;
    // Closed while the application was at work: its body is not begun.
    if (this.#isOver) return over;
    this.#body = body;
    this.#iterator ??= iterate(body as Body);
    let result;
    try {
      result = await this.#iterator.next();
    } catch (error) {
      this.#hasEnded = true;
      throw error;
    }
    if (result.done === true) this.#hasEnded = true;
    else checkChunk(result.value);
    return result;
  }

  async #close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#start.written?.abandon();
    // An application that is still at work has its body closed when it returns it.
    if (this.#body === undefined) {
      this.#pending?.then(closeBody).catch(() => undefined);
      return;
    }
    try {
      // An iterator that ended, or threw, is not told to return.
      const returned = this.#hasEnded ? undefined : this.#iterator?.return?.();
      if (returned instanceof Promise) returned.catch(() => undefined);
    } finally {
      await closeBody(this.#body);
    }
  }

  /** After an error: one more, of the closing, does not hide it. */
  async #closeAfter(): Promise<void> {
    await this.#close().catch(() => undefined);
  }
}

const over: IteratorResult<Chunk, undefined> = { done: true, value: undefined };

async function closeBody(body: Body): Promise<void> {
  await body.close?.();
}

function iterate(body: Body): Iterator<Chunk> | AsyncIterator<Chunk> {
  if (typeof body === 'object' && Symbol.asyncIterator in body) return body[Symbol.asyncIterator]();
  if (typeof body === 'object' && Symbol.iterator in body) return body[Symbol.iterator]();
  throw new GatewayUsageError(
    'BAD_BODY',
    `a body is an iterable of chunks, for instance ['text'], and no ${typeof body}`,
  );
}

function checkChunk(chunk: Chunk): Chunk {
  if (typeof chunk === 'string' || chunk instanceof Uint8Array) return chunk;
  throw new GatewayUsageError('BAD_BODY', 'a chunk of the body is neither a string nor bytes');
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return value instanceof Promise || (typeof value === 'object' && value !== null && 'then' in value);
}
