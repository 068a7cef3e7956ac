import type { HeaderList } from '@wirestack/http';
import type { Chunk } from '../../application.ts';
import { ClientGoneError } from '../../errors.ts';
import { FileWrapper } from '../../file-wrapper.ts';
import type { InputOwner, InputSource } from '../../input-stream.ts';
import type { GatewayResponse } from '../../run.ts';
import { BodyPieces } from '../body-pieces.ts';
import { LazyAbort } from '../lazy-abort.ts';
import type { NodeRequest, NodeResponse } from './to-node-listener.ts';

/** One request of a server of Node: what is read of it, and how it is answered. */
export class NodeAnswer implements InputOwner, InputSource {
  readonly #request: NodeRequest;
  readonly #response: NodeResponse;
  readonly #onError: (error: unknown) => void;
  /** The client waits to be told to send. */
  #mustContinue: boolean;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  readonly #left = new LazyAbort();
  #pieces: BodyPieces | undefined;
  /** Node writes text and the head before it in one encoding: UTF-8, where fields are octets. */
  #isLatin1 = false;

  constructor(
    request: NodeRequest,
    response: NodeResponse,
    mustContinue: boolean,
    onError: (error: unknown) => void,
  ) {
    this.#request = request;
    this.#response = response;
    this.#mustContinue = mustContinue;
    this.#onError = onError;
    response.once('close', () => {
      this.#close();
    });
  }

  get body(): InputSource {
    return this;
  }

  /** Aborted when the client leaves before the response is complete. */
  get signal(): AbortSignal {
    return this.#left.signal;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#mustContinue) {
      this.#mustContinue = false;
      this.#response.writeContinue();
    }
    this.#chunks ??= this.#request.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
    const step = await this.#chunks.next();
    return step.done === true ? undefined : step.value;
  }

  send(response: GatewayResponse): void {
    const { status, reason, body } = response;
    const isWhole = typeof body === 'string' || body instanceof Uint8Array;
    if (!isWhole) this.#pieces = new BodyPieces(body);
    if (this.#left.isAborted) {
      this.#discard();
      return;
    }
    try {
      const length = isWhole
        ? Buffer.byteLength(body)
        : body instanceof FileWrapper
          ? body.length
          : undefined;
      this.#setHead(status, reason, response.headers, length);
      if (this.#request.method === 'HEAD' || status === 204 || status === 304) {
        this.#discard();
        this.#end();
      } else if (isWhole) this.#end(body);
      else void this.#stream(this.#pieces as BodyPieces);
    } catch (error) {
      this.#discard();
      this.fail(error);
    }
  }

  /** The application threw: 500, or the end of the connection where the head is out. */
  fail(error: unknown): void {
    this.#onError(error);
    const out = this.#response;
    if (this.#left.isAborted) return;
    if (out.headersSent) {
      this.#destroy();
      return;
    }
    for (const name of out.getHeaderNames()) out.removeHeader(name);
    this.#setHead(500, undefined, textFields, undefined);
    this.#end('Internal Server Error\n');
  }

  #setHead(
    status: number,
    reason: string | undefined,
    headers: HeaderList,
    length: number | undefined,
  ): void {
    const out = this.#response;
    out.statusCode = status;
    if ('strictContentLength' in out) {
      if (reason !== undefined) out.statusMessage = reason;
      // What a body promises it has to keep: the client would take the next response for the rest of it.
      out.strictContentLength = true;
      // A client that was not told to send may take its next request for the body, or not: nobody knows.
      if (this.#mustContinue) out.shouldKeepAlive = false;
    }
    this.#isLatin1 = notAscii.test(reason ?? '') || headers.some(([, value]) => notAscii.test(value));
    for (const [name, values] of grouped(headers)) out.setHeader(name, values);
    const mayHaveLength = status !== 204 && status !== 304;
    if (length !== undefined && mayHaveLength && !out.hasHeader('content-length'))
      out.setHeader('Content-Length', length);
  }

  async #stream(pieces: BodyPieces): Promise<void> {
    const out = this.#response;
    try {
      for (;;) {
        const chunk = await pieces.next();
        if (this.#left.isAborted) return;
        if (chunk === undefined) break;
        if (!write(out, this.#encoded(chunk))) await drained(out);
      }
      this.#end();
    } catch (error) {
      this.fail(error);
    }
  }

  #end(chunk?: Chunk): void {
    const out = this.#response;
    if (chunk === undefined || chunk.length === 0) out.end();
    else out.end(this.#encoded(chunk));
    // What the application left unread would stop the connection: Node lets it flow only where nobody has begun to read.
    if (this.#chunks === undefined) return;
    const resume = (): void => {
      this.#request.resume();
    };
    this.#chunks.return?.().then(resume, resume);
  }

  #encoded(chunk: Chunk): Chunk {
    return this.#isLatin1 && typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  }

  /** The response is complete, or the client has left. */
  #close(): void {
    if (this.#response.writableFinished) return;
    this.#left.abort(new ClientGoneError('the client left'));
    this.#discard();
  }

  #discard(): void {
    this.#pieces?.close().catch(this.#onError);
  }

  #destroy(): void {
    const out = this.#response;
    // INTERNAL_ERROR (RFC 9113 7): the other streams of the connection go on.
    if ('stream' in out) out.stream.close(2);
    else out.destroy();
  }
}

/** The two kinds declare it differently. */
function write(response: NodeResponse, chunk: Chunk): boolean {
  return 'stream' in response ? response.write(chunk) : response.write(chunk);
}

const notAscii = /[^\t\x20-\x7e]/;
const textFields: HeaderList = [['Content-Type', 'text/plain; charset=utf-8']];

/** Repeated fields by their name, as `setHeader` takes them. */
function grouped(headers: HeaderList): Iterable<readonly [string, string | string[]]> {
  const seen = new Map<string, [string, string | string[]]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const before = seen.get(key);
    if (before === undefined) seen.set(key, [name, value]);
    else before[1] = [before[1], value].flat();
  }
  return seen.values();
}

/** There is room again, or nobody left to need it. */
function drained(response: NodeResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
