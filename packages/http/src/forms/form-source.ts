import { HttpUsageError } from '../errors.ts';
import { parseMediaType } from '../fields/media-type.ts';
import { requireBoundary } from './boundary.ts';
import { FormError } from './errors.ts';
import { formLimitsFrom, type FormLimits } from './limits.ts';
import { MultipartDecoder } from './multipart-decoder.ts';
import { UrlEncodedDecoder } from './url-encoded-decoder.ts';

/** What a form comes in: a request of the server, a response, a `Request` or `Response` of the web, or fields and bytes of one's own. */
export interface FormSource {
  readonly headers: { get(name: string): string | null | undefined };
  readonly body: FormBody | null | undefined;
}

/** Bytes as they arrive. A stream of the web is one, in browsers that cannot iterate over it, too. */
export type FormBody = AsyncIterable<Uint8Array> | WebByteStream;

/** As much of a `ReadableStream` as is needed. */
export interface WebByteStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

/** How a form is read. */
export interface FormOptions extends Partial<FormLimits> {
  /** Cancels: what waits rejects with its reason, and the body is given up. */
  readonly signal?: AbortSignal | undefined;
  /** What text is in where the form does not say it. Default `utf-8`, as browsers send it. */
  readonly charset?: string | undefined;
}

/**
 * The decoder for what `source` says it is.
 *
 * @throws FormError `UNSUPPORTED_TYPE` `UNSUPPORTED_ENCODING` `UNSUPPORTED_CHARSET` `BAD_BOUNDARY`; `FORM_TOO_LARGE` where its Content-Length says so:
 *   a client that waits to be told to go on has not sent a byte then
 */
export function decoderFor(source: FormSource, options: FormOptions): MultipartDecoder | UrlEncodedDecoder {
  const { headers } = source;
  const limits = formLimitsFrom(options);
  const encoding = headers.get('content-encoding') ?? '';
  if (!/^(?:identity)?$/i.test(encoding)) {
    throw new FormError('UNSUPPORTED_ENCODING', 'a form with a Content-Encoding');
  }
  const type = parseMediaType(headers.get('content-type') ?? '');
  const charset = options.charset;
  let decoder;
  if (type?.essence === 'multipart/form-data') {
    decoder = new MultipartDecoder(requireBoundary(type.parameters.get('boundary')), limits);
  } else if (type?.essence === 'application/x-www-form-urlencoded') {
    const label = type.parameters.get('charset') ?? charset;
    decoder = new UrlEncodedDecoder({ ...limits, ...(label !== undefined && { charset: label }) });
  } else {
    throw new FormError('UNSUPPORTED_TYPE', 'the content is no form');
  }
  if (Number(headers.get('content-length') ?? 0) > limits.maxFormBytes) {
    throw new FormError('FORM_TOO_LARGE', `a form of more than ${String(limits.maxFormBytes)} bytes`);
  }
  return decoder;
}

interface Pulled {
  readonly done?: boolean | undefined;
  readonly value?: Uint8Array | undefined;
}

/** The bytes of a body, one chunk a call, until it ends, fails or is cancelled. */
export class BodyCursor {
  readonly #signal: AbortSignal | undefined;
  readonly #pull: () => Promise<Pulled>;
  readonly #stop: () => unknown;
  #isOver = false;

  /** @throws HttpUsageError `BODY_USED` of a body that was read before; `BAD_BODY` for what is none */
  constructor(body: FormBody | null | undefined, signal: AbortSignal | undefined) {
    this.#signal = signal;
    if (body === null || body === undefined) {
      this.#pull = () => Promise.resolve({ done: true });
      this.#stop = () => undefined;
    } else if (Symbol.asyncIterator in body) {
      const iterator = body[Symbol.asyncIterator]();
      this.#pull = () => iterator.next();
      this.#stop = () => iterator.return?.();
    } else if (typeof body.getReader === 'function') {
      const reader = body.getReader();
      this.#pull = () => reader.read();
      this.#stop = () => reader.cancel();
    } else {
      throw new HttpUsageError('BAD_BODY', 'the body of a form is no async iterable of bytes');
    }
  }

  /** The next chunk; `undefined` at the end. Rejects with the signal's reason as soon as it is aborted, whatever the body does. */
  async read(): Promise<Uint8Array | undefined> {
    if (this.#isOver) return undefined;
    try {
      this.#signal?.throwIfAborted();
      const { done, value } = await (this.#signal === undefined
        ? this.#pull()
        : this.#pullUntil(this.#signal));
      if (done !== true) return value;
    } catch (error) {
      if (this.#signal?.aborted === true) this.cancel();
      this.#isOver = true;
      throw error;
    }
    this.#isOver = true;
    return undefined;
  }

  /** Gives up what has not been read. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // What giving up fails at concerns nobody who has given up.
    const stop = async (): Promise<void> => {
      await this.#stop();
    };
    stop().catch(() => undefined);
  }

  #pullUntil(signal: AbortSignal): Promise<Pulled> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#pull()
        .then(resolve, reject)
        .finally(() => {
          signal.removeEventListener('abort', onAbort);
        });
    });
  }
}
