import type { HeaderList } from '../headers.ts';
import type { ReceivedResponse } from '../protocol/events.ts';
import type { ClientRequest } from './client-request.ts';
import { ClientResponse, type ClientResponseParts } from './client-response.ts';
import { HttpClientError, requestAborted } from './errors.ts';
import type { ReceivedBody } from './received-body.ts';
import type { RequestTarget } from './request-target.ts';
import { closeUnsent, goesAtOnce, isReplayable, type Upload } from './upload.ts';

/** Who has an exchange at the time: the queue, or a connection. */
export interface ExchangeHolder {
  /** Its caller does not want it any more; it has been told. */
  aborted(exchange: Exchange, error: HttpClientError): void;
}

/** Connections that an exchange may lose before it has an answer: each that was idle may have been closed meanwhile. */
const maxAttempts = 3;

/** One request on its way to its answer, and the answer until its body is over. */
export class Exchange {
  readonly request: ClientRequest;
  readonly target: RequestTarget;
  /** As they are sent. */
  readonly fields: HeaderList;
  readonly promise: Promise<ClientResponse>;
  readonly startedAt: number;
  connectedAt = 0;
  /** When it began to wait for a connection. */
  queuedAt = 0;
  /** Connections up to this one are not for it: one of them was lost, and the others may be as old. */
  newerThan = 0;
  /** Its connection had been used before. */
  isReused = false;
  /** How often it went to a connection. */
  attempts = 0;
  holder: ExchangeHolder | undefined;
  /** What is being sent piece by piece. */
  upload: Upload | undefined;
  /** The body of the answer, once its head is there. */
  body: ReceivedBody | undefined;
  #isSettled = false;
  #resolve!: (response: ClientResponse) => void;
  #reject!: (error: Error) => void;
  #onAbort: (() => void) | undefined;

  constructor(request: ClientRequest, target: RequestTarget, fields: HeaderList, startedAt: number) {
    this.request = request;
    this.target = target;
    this.fields = fields;
    this.startedAt = startedAt;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { signal } = request.options;
    if (signal !== undefined) this.#heed(signal);
  }

  /** Nobody waits for its head any more. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** May be under way on a connection together with others. */
  get mayBePipelined(): boolean {
    return this.#isIdempotent && goesAtOnce(this.request);
  }

  /** The last try has to be worth it: a connection that nobody used cannot have grown old. */
  get wantsUnused(): boolean {
    return this.attempts === maxAttempts - 1;
  }

  /** A connection that was used before ended without a word: perhaps before this came. It may go over another (RFC 9112 9.3.1). */
  get mayGoAgain(): boolean {
    if (this.#isSettled || !this.isReused || this.attempts >= maxAttempts) return false;
    return this.#isIdempotent && isReplayable(this.request.body);
  }

  answered(
    head: ReceivedResponse,
    body: ReceivedBody,
    rest: Pick<ClientResponseParts, 'timing' | 'upgraded'>,
  ): void {
    this.body = body;
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { status, reason, version, headers } = head;
    // Without credentials, for it ends in logs.
    const { href: url } = this.target;
    this.#resolve(new ClientResponse({ status, reason, version, headers, body, url, ...rest }));
  }

  /** Its answer does not come, or not to its end. */
  failed(error: Error): void {
    if (this.attempts === 0) closeUnsent(this.request.body);
    this.upload?.stop();
    if (!this.#isSettled) {
      this.#isSettled = true;
      this.#reject(error);
    }
    // What has arrived of the body of a server that went can be read still.
    if (error instanceof HttpClientError && error.code === 'ABORTED') this.body?.abort(error);
    else this.body?.fail(error);
    this.over();
  }

  /** Nothing more comes: the signal means nothing to it any more. */
  over(): void {
    this.holder = undefined;
    if (this.#onAbort === undefined) return;
    this.request.options.signal?.removeEventListener('abort', this.#onAbort);
    this.#onAbort = undefined;
  }

  get #isIdempotent(): boolean {
    const { method, options } = this.request;
    return options.idempotent ?? idempotentMethods.has(method);
  }

  #heed(signal: AbortSignal): void {
    const onAbort = (): void => {
      const { reason } = signal as { readonly reason: unknown };
      const error = reason instanceof HttpClientError ? reason : requestAborted(reason);
      const { holder } = this;
      this.failed(error);
      holder?.aborted(this, error);
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    this.#onAbort = onAbort;
    signal.addEventListener('abort', onAbort, { once: true });
  }
}

/** RFC 9110 9.2.2. */
const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
