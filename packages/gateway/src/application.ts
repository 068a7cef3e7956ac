import type { HeaderList } from '@wirestack/http';
import type { Environ } from './environ.ts';
import type { Lifespan } from './lifespan.ts';

/** A piece of a body: bytes, or text that goes out as UTF-8. */
export type Chunk = Uint8Array | string;

/**
 * What an application returns. `close()` is called exactly once when the body is done with, sent in full or not.
 * An array of one string is the fast path: Content-Length, one write, no promise.
 */
export type Body = (Iterable<Chunk> | AsyncIterable<Chunk>) & { close?(): void | Promise<void> };

/**
 * Sends a chunk at once, for programs that cannot yield: PEP 3333's `write()`. Resolves when the server has taken it; rejects with
 * `ClientGoneError` (`PEER_CLOSED`) when nobody will, for the client left. A promise that nobody awaits is harmless.
 */
export type Write = (chunk: Chunk) => Promise<void>;

/** Code and reason: `200 OK`. */
export type StatusText = `${number} ${string}`;

/**
 * Says what the response begins with. The head goes out with the first chunk that is not empty, or at the end.
 *
 * A second call needs `error`: it then replaces a head that was not sent; if it was, `error` is thrown, which ends the connection.
 *
 * @throws GatewayUsageError `BAD_STATUS`, `BAD_HEADER` (control characters are refused, always), `HOP_BY_HOP`, `STARTED_TWICE`
 */
export type StartResponse = (status: StatusText, headers: HeaderList, error?: unknown) => Write;

/** PEP 3333's application: `(environ, startResponse) => ['hello\n']`. */
export interface Application {
  (environ: Environ, startResponse: StartResponse): Body | Promise<Body>;
  /** What servers do with it before the first request, and after the last; see `withLifespan`. */
  readonly lifespan?: Lifespan | undefined;
}

/** An application around an application. */
export type Middleware = (app: Application) => Application;
