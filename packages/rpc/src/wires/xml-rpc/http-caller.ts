import { RpcError, RpcFault, RpcUsageError } from '../../errors.ts';
import { readResponse } from './decoder.ts';
import { XmlRpcFormatError } from './errors.ts';
import type { XmlRpcValue } from './values.ts';
import { settleWriting, writeCall, type WriteSettings, type XmlRpcWriteOptions } from './writer.ts';

/** What `new Headers()` takes. */
export type HeaderFields = NonNullable<RequestInit['headers']>;

/** Where an XML-RPC server is, and how long it may take. `allowNone` concerns requests: `<nil/>` in answers is always read. */
export interface XmlRpcClientOptions extends XmlRpcWriteOptions {
  /** What carries the requests. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** Fields for every request. `Authorization` among them wins over a name and password in the URL. */
  readonly headers?: HeaderFields;
  /** Milliseconds for a call, answer included; Infinity for no end. Default 30,000: Python's client waits forever, and so does all that waits for it. */
  readonly timeoutMs?: number;
  /** Ends every call. */
  readonly signal?: AbortSignal;
}

/** What concerns one call. */
export interface XmlRpcCallOptions {
  /** Instead of the client's. */
  readonly timeoutMs?: number | undefined;
  /** Besides the client's. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls by name: one POST each, which is never sent again, for whether the first one ran cannot be known; but for 421, by which a server
 * says that it did not run (RFC 9110 section 15.5.20): fetch itself asks again then. Redirects are not followed.
 */
export class HttpCaller {
  readonly #url: URL;
  readonly #headers: Headers;
  readonly #fetch: typeof globalThis.fetch;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #settings: WriteSettings;

  /** @throws RpcUsageError for a URL that is none of http or https, header fields that are none, and limits that are none */
  constructor(url: string | URL, options: XmlRpcClientOptions = {}) {
    const { location, authorization } = separate(url);
    this.#url = location;
    this.#headers = headersFrom(options.headers);
    if (authorization !== undefined && !this.#headers.has('Authorization')) {
      this.#headers.set('Authorization', authorization);
    }
    this.#headers.set('Content-Type', 'text/xml; charset=utf-8');
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#timeoutMs = checkTimeout(options.timeoutMs ?? 30_000);
    this.#signal = options.signal;
    this.#settings = settleWriting(options);
  }

  /**
   * @throws RpcFault, if that is the answer; RpcError `PEER_GONE` `TIMED_OUT` `ABORTED` `TOO_LARGE` `HTTP` `PROTOCOL`; RpcUsageError for
   *   what cannot be written
   */
  async call(
    method: string,
    params: readonly unknown[],
    options: XmlRpcCallOptions = {},
  ): Promise<XmlRpcValue> {
    const body = writeCall(method, params, this.#settings);
    const timeoutMs = options.timeoutMs === undefined ? this.#timeoutMs : checkTimeout(options.timeoutMs);
    const deadline = new Deadline(timeoutMs, [this.#signal, options.signal]);
    try {
      return await this.#post(body, deadline.signal);
    } catch (error) {
      throw explain(error, deadline.signal);
    } finally {
      deadline.clear();
    }
  }

  async #post(body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<XmlRpcValue> {
    signal.throwIfAborted();
    const response = await this.#fetch(this.#url, {
      method: 'POST',
      headers: this.#headers,
      body,
      redirect: 'manual',
      signal,
    });
    if (response.status !== 200) {
      // Nobody waits for the rest of it.
      void response.body?.cancel().catch(() => undefined);
      throw new RpcError(
        'HTTP',
        `the server answered ${String(response.status)} ${response.statusText}`.trim(),
      );
    }
    const { limits } = this.#settings;
    return readResponse(await readBody(response, limits.maxBytes), limits);
  }
}

/** The name and password of a URL, which fetch refuses, become a header field: RFC 7617, in UTF-8. */
function separate(url: string | URL): { location: URL; authorization: string | undefined } {
  let location: URL;
  try {
    location = new URL(url);
  } catch (cause) {
    throw new RpcUsageError('this is no URL', { cause });
  }
  if (location.protocol !== 'http:' && location.protocol !== 'https:') {
    throw new RpcUsageError(`XML-RPC goes over http or https, not ${location.protocol}`);
  }
  const { username, password } = location;
  if (username === '' && password === '') return { location, authorization: undefined };
  location.username = '';
  location.password = '';
  const credentials = `${percentDecoded(username)}:${percentDecoded(password)}`;
  return { location, authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function headersFrom(headers: HeaderFields | undefined): Headers {
  try {
    return new Headers(headers);
  } catch (cause) {
    throw new RpcUsageError('header fields that HTTP has not', { cause });
  }
}

function checkTimeout(timeoutMs: number): number {
  if (timeoutMs > 0) return timeoutMs;
  throw new RpcUsageError(`timeoutMs is ${String(timeoutMs)}, expected a number above 0`);
}

/** One signal from a clock and others, which leaves nothing behind on them. */
class Deadline {
  readonly #controller = new AbortController();
  readonly #signals: readonly AbortSignal[];
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number, signals: readonly (AbortSignal | undefined)[]) {
    this.#signals = signals.filter((signal) => signal !== undefined);
    for (const signal of this.#signals) {
      if (signal.aborted) this.#controller.abort(aborted(signal.reason));
      else signal.addEventListener('abort', this.#abort);
    }
    if (timeoutMs <= longestTimer) this.#timer = setTimeout(this.#expire, timeoutMs, timeoutMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  clear(): void {
    clearTimeout(this.#timer);
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#abort);
  }

  readonly #abort = (event: Event): void => {
    this.#controller.abort(aborted((event.target as AbortSignal).reason));
  };

  readonly #expire = (timeoutMs: number): void => {
    this.#controller.abort(new RpcError('TIMED_OUT', `no answer within ${String(timeoutMs)} ms`));
  };
}

/** Beyond, setTimeout fires at once: a month is as good as no end. */
const longestTimer = 0x7fff_ffff;

function aborted(cause: unknown): RpcError {
  return new RpcError('ABORTED', 'the call was given up', { cause });
}

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  const body = response.body as ReadableStream<Uint8Array> | null;
  if (body === null) return new Uint8Array(0);
  const reader = body.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  let isTooLarge = Number(response.headers.get('Content-Length')) > maxBytes;
  while (!isTooLarge) {
    const { done, value } = await reader.read();
    if (done) return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts, length);
    parts.push(value);
    length += value.length;
    isTooLarge = length > maxBytes;
  }
  void reader.cancel().catch(() => undefined);
  throw new RpcError('TOO_LARGE', `an answer of more than ${String(maxBytes)} bytes`);
}

/** What went wrong, in the words of an RPC. */
function explain(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof RpcError || error instanceof RpcFault || error instanceof RpcUsageError) return error;
  if (error instanceof XmlRpcFormatError) {
    return error.code.startsWith('TOO_')
      ? new RpcError('TOO_LARGE', `the answer is above the limits: ${error.message}`, { cause: error })
      : new RpcError('PROTOCOL', `the answer is no XML-RPC: ${error.message}`, { cause: error });
  }
  if (signal.aborted) return signal.reason;
  return new RpcError('PEER_GONE', 'the server did not answer: whether the call ran is not known', {
    cause: error,
  });
}
