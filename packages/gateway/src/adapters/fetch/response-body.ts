import { reasonPhrase, type HeaderList } from '@wirestack/http/protocol';
import type { Body, Chunk, StartResponse } from '../../application.ts';
import { isHopByHop } from '../../hop-by-hop.ts';
import type { StatusText } from '../../middleware/response-parts.ts';
import { LightResponse } from './light-response.ts';
import { sourceOf } from './response-source.ts';

/** Answers with a `Response`. One that is there as a whole is answered at once, and with its length. */
export function sendResponse(
  response: Response,
  isHead: boolean,
  startResponse: StartResponse,
): Body | Promise<Body> {
  const whole = LightResponse.whole(response);
  if (whole !== undefined) {
    startResponse(statusText(whole.status, whole.statusText), endToEnd(whole.headers));
    return whole.body === null ? emptyBody(isHead, whole.headers) : [whole.body];
  }
  if (response.bodyUsed) throw new TypeError('the body of the response was read before');
  const source = sourceOf(response);
  const body = source === undefined ? response.body : null;
  const headers = fieldsOf(response);
  startResponse(statusText(response.status, response.statusText), headers);
  if (source !== undefined) return [source];
  if (body === null) return emptyBody(isHead, headers);
  return firstOf(new StreamBody(body.getReader()));
}

/** A body of which HEAD does not say how long it is: that it has none here says nothing of the one GET would get (RFC 9110 9.3.2). */
const unknownLength = [' ', ' '];

function emptyBody(isHead: boolean, headers: HeaderList): Body {
  return isHead && !headers.some(([name]) => name === 'content-length') ? unknownLength : [];
}

/** A body that ends with its first chunk goes out as one, with its length. */
async function firstOf(body: StreamBody): Promise<Body> {
  try {
    const only = await body.only();
    return only === undefined ? body : [only];
  } catch (error) {
    body.close();
    throw error;
  }
}

/** A stream of the web as a body: pulled one chunk a drain; cancelled where it is not read to its end. */
class StreamBody implements AsyncIterableIterator<Chunk> {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What was read ahead, in order. */
  readonly #ahead: ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>[] = [];
  #isOver = false;

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>) {
    this.#reader = reader;
  }

  /** All of it, where it is known to end with the first chunk as soon as that has come; else it is still there to be read. */
  async only(): Promise<Chunk | undefined> {
    const first = await this.#reader.read();
    if (first.done) {
      this.#isOver = true;
      return '';
    }
    const second = this.#reader.read();
    second.catch(() => undefined);
    if ((await soon(second))?.done === true) {
      this.#isOver = true;
      return first.value;
    }
    this.#ahead.push(Promise.resolve(first), second);
    return undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Chunk, undefined>> {
    if (this.#isOver) return { done: true, value: undefined };
    const { done, value } = await (this.#ahead.shift() ?? this.#reader.read());
    if (!done) return { done: false, value };
    this.#isOver = true;
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<Chunk, undefined>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // What a stream makes of it concerns nobody any more.
    this.#reader.cancel(new DOMException('the client left', 'AbortError')).catch(() => undefined);
  }
}

/** What a promise has settled to by the time that those have which were settled already. */
async function soon<T>(promise: Promise<T>): Promise<T | undefined> {
  let settled: T | undefined;
  promise.then(
    (value) => (settled = value),
    () => undefined,
  );
  for (let turn = 0; turn < 4 && settled === undefined; turn++) await Promise.resolve();
  return settled;
}

/** The fields, each Set-Cookie by itself, without those of a connection. */
function fieldsOf(response: Response): HeaderList {
  const fields = endToEnd(Array.from(response.headers));
  // What fetch has decoded, it still calls encoded: `return fetch(upstream)` is to send what it has.
  if (response.type === 'default' || !isDecoded(response.headers.get('content-encoding'))) return fields;
  return fields.filter(([name]) => name !== 'content-encoding' && name !== 'content-length');
}

function isDecoded(codings: string | null): boolean {
  return codings !== null && /^(?:(?:gzip|x-gzip|deflate|br)\s*(?:,\s*|$))+$/i.test(codings);
}

function endToEnd(fields: HeaderList): HeaderList {
  for (const [name] of fields) {
    if (isHopByHop(name)) return fields.filter(([one]) => !isHopByHop(one));
  }
  return fields;
}

/** `200 OK`. A response without a reason gets the registered one. */
function statusText(status: number, reason: string): StatusText {
  if (reason !== '') return `${String(status)} ${reason}` as StatusText;
  return (statusTexts[status] ??= `${String(status)} ${reasonPhrase(status)}` as StatusText);
}

const statusTexts: StatusText[] = [];
