import type { HttpProtocolError } from '../errors.ts';
import type { Clock } from './clock.ts';
import type { ConnectionInfo, RequestOutcome, ServerObserver } from './observer.ts';
import type { ServerRequest } from './request.ts';
import type { HttpResponse } from './response.ts';

/** Tells an observer, and bears what it throws. */
export class Observation {
  readonly #observer: ServerObserver;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;

  constructor(observer: ServerObserver, clock: Clock, onError: (error: unknown) => void) {
    this.#observer = observer;
    this.#clock = clock;
    this.#onError = onError;
  }

  opened(connection: ConnectionInfo): void {
    this.#tell(() => this.#observer.connectionOpened?.(connection));
  }

  closed(connection: ConnectionInfo, error: Error | undefined): void {
    this.#tell(() => this.#observer.connectionClosed?.(connection, error));
  }

  failed(error: HttpProtocolError, connection: ConnectionInfo): void {
    this.#tell(() => this.#observer.protocolError?.(error, connection));
  }

  started(request: ServerRequest): void {
    request.began = { at: this.#clock.now(), elapsed: this.#clock.elapsed() };
    this.#tell(() => this.#observer.requestStarted?.(request));
  }

  /** Its answer is out, the body as a whole. */
  answered(request: ServerRequest, { status, body }: HttpResponse): void {
    const hasBody = request.method !== 'HEAD' && status !== 204 && status !== 304;
    this.ended(request, status, hasBody ? sizeOf(body) : 0, true);
  }

  /** Its answer will not be complete: `status` is that of what is said instead, where none has begun. */
  cutOff(request: ServerRequest, status: number): void {
    const { response, sender } = request;
    if (sender === undefined) this.ended(request, status, 0, false);
    else this.ended(request, response?.status ?? status, sender.sentBytes, false);
  }

  /** Only the first time is told: a request that is over may still be in somebody's hands. */
  ended(request: ServerRequest, status: number, sentBytes: number, isComplete: boolean): void {
    const { began } = request;
    if (began === undefined) return;
    request.began = undefined;
    const outcome: RequestOutcome = {
      status,
      sentBytes,
      receivedBytes: request.head.framing === 'none' ? 0 : request.body.receivedBytes,
      startedAt: began.at,
      durationMs: this.#clock.elapsed() - began.elapsed,
      isComplete,
    };
    this.#tell(() => this.#observer.requestEnded?.(request, outcome));
  }

  #tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#onError(error);
    }
  }
}

function sizeOf(body: HttpResponse['body']): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  return body instanceof Uint8Array ? body.length : 0;
}
