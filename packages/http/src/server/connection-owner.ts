import type { HttpConnection } from './http-connection.ts';
import type { Observation } from './observation.ts';
import type { ServerSettings } from './options.ts';
import type { HttpRequest } from './request.ts';
import type { Handler } from './response.ts';
import type { TurnQueue } from './turn-queue.ts';

/** What all connections of a server share. */
export interface ConnectionOwner {
  readonly handler: Handler;
  readonly settings: ServerSettings;
  /** Milliseconds, as of the last tick: reading a real clock per chunk is not worth its precision. */
  readonly now: number;
  readonly dateLine: string;
  readonly draining: AbortSignal;
  readonly turns: TurnQueue;
  /** `undefined` where nobody watches. */
  readonly observation: Observation | undefined;
  requests: number;
  report(error: unknown, request: HttpRequest | undefined): void;
  closed(connection: HttpConnection): void;
}
