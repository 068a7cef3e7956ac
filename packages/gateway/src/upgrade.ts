import type { ByteStream } from '@wirestack/socket';
import type { Chunk } from './application.ts';

/**
 * `wirestack.upgrade`, there where the client would change the protocol, or asks for a tunnel, and the server can. The application says so with
 * `startResponse('101 Switching Protocols', [['Upgrade', 'echo']])` (CONNECT: `200 OK`) and returns what this makes:
 *
 * ```ts
 * const upgrade = environ['wirestack.upgrade'];
 * if (upgrade === undefined) return textResponse(startResponse, '426 Upgrade Required', [['Upgrade', 'echo']]);
 * startResponse('101 Switching Protocols', [['Upgrade', 'echo']]);
 * return upgrade(async (stream) => {
 *   for await (const chunk of stream) await stream.write(chunk);
 * });
 * ```
 *
 * @param use gets the connection behind the head: bytes that came after the request are in front of what it brings. When its promise settles the stream is closed, or
 *   aborted where it rejects.
 */
export type Upgrade = (use: (stream: ByteStream) => Promise<unknown>) => UpgradeBody;

/** The body of a response that takes the connection over: none. */
export class UpgradeBody implements Iterable<Chunk> {
  readonly use: (stream: ByteStream) => Promise<unknown>;

  constructor(use: (stream: ByteStream) => Promise<unknown>) {
    this.use = use;
  }

  *[Symbol.iterator](): Generator<Chunk, void, undefined> {
    // What another protocol says is no body.
  }

  /** The connection is over, or never was taken over. */
  async close(): Promise<void> {
    // Middleware puts its own in place of it.
  }
}
