import type { HeaderFields } from '../headers.ts';
import type { TransportSettings } from './client-options.ts';
import { requestTimedOut, type HttpClientError, type RequestPhase } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { LateTimer } from './late-timer.ts';
import type { UploadPhase } from './upload.ts';

/** What a connection waits for; `program` has no deadline. */
export type ConnectionPhase = Exclude<RequestPhase, 'queue' | 'connect' | 'total'> | UploadPhase | 'idle';

/** What a connection waits for, one thing at a time, and until when. */
export class ConnectionDeadline {
  phase: ConnectionPhase = 'idle';
  /** When it was given nothing more to do. */
  idleSince = 0;
  readonly #settings: TransportSettings;
  readonly #timer: LateTimer;
  #waitMs = 0;
  /** Of the last answer: what it says of how long an idle connection is kept is read when that is asked. */
  #lastFields: HeaderFields | undefined;

  constructor(settings: TransportSettings, onExpired: () => void) {
    this.#settings = settings;
    this.#timer = new LateTimer(settings.clock, onExpired);
  }

  /** Idle for longer than the server, or the client, keeps such a connection. */
  get isStale(): boolean {
    return this.#settings.clock.elapsed() >= this.#idleUntil;
  }

  waitForHead({ request }: Exchange): void {
    this.#wait('head', request.options.headTimeoutMs ?? this.#settings.headTimeoutMs);
  }

  waitForBody({ request, body }: Exchange): void {
    if (body?.isUnread === true) this.#wait('unread', this.#settings.unreadTimeoutMs);
    else this.#wait('body', request.options.bodyTimeoutMs ?? this.#settings.bodyTimeoutMs);
  }

  waitForUpload({ request }: Exchange, phase: UploadPhase): void {
    const { bodyTimeoutMs, continueTimeoutMs } = this.#settings;
    if (phase === 'continue') this.#wait(phase, continueTimeoutMs);
    else if (phase === 'send') this.#wait(phase, request.options.bodyTimeoutMs ?? bodyTimeoutMs);
    else this.#wait(phase, Infinity);
  }

  /** Nothing is under way from now on. */
  rest(): void {
    this.idleSince = this.#settings.clock.elapsed();
    this.phase = 'idle';
    this.#timer.set(this.idleSince + this.#settings.idleTimeoutMs);
  }

  /** It rests for longer than the client would have it, for the server said so. */
  restOn(): void {
    this.#timer.set(this.#idleUntil);
  }

  learn(fields: HeaderFields): void {
    this.#lastFields = fields;
  }

  /** What to say of the deadline that has passed. @param phase the one that was waited in */
  errorOf(phase: RequestPhase): HttpClientError {
    return requestTimedOut(phase, this.#waitMs);
  }

  stop(): void {
    this.#timer.stop();
  }

  #wait(phase: ConnectionPhase, timeoutMs: number): void {
    this.phase = phase;
    this.#waitMs = timeoutMs;
    this.#timer.set(this.#settings.clock.elapsed() + timeoutMs);
  }

  get #idleUntil(): number {
    return this.idleSince + (keptMs(this.#lastFields) ?? this.#settings.idleTimeoutMs);
  }
}

const longestKeptMs = 600_000;

/** What `Keep-Alive: timeout=5` allows (RFC 2068 19.7.1), less a second for what is on its way. */
function keptMs(fields: HeaderFields | undefined): number | undefined {
  const seconds = /(?:^|[,;\s])timeout="?(\d{1,6})/i.exec(fields?.get('keep-alive') ?? '')?.[1];
  if (seconds === undefined) return undefined;
  return Math.min(Math.max(0, 1000 * Number(seconds) - 1000), longestKeptMs);
}
