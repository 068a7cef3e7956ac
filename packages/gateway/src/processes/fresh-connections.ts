import type { ConnectionInfo, ServerObserver } from '@wirestack/http';

/**
 * Knows the connections that have not had a request yet. A server that drains closes them, for it takes them for idle; but on one that was accepted a
 * moment ago a request is on its way, and its client cannot know that it is to be sent again.
 */
export class FreshConnections implements ServerObserver {
  readonly #open = new Set<ConnectionInfo>();
  #changed: (() => void) | undefined;

  connectionOpened(connection: ConnectionInfo): void {
    this.#open.add(connection);
  }

  connectionClosed(connection: ConnectionInfo): void {
    this.#open.delete(connection);
    this.#changed?.();
  }

  requestStarted(): void {
    this.#changed?.();
  }

  /** Resolves when each of them has had its request, or is gone. */
  async none(): Promise<void> {
    const fresh = new Set([...this.#open].filter(({ requests }) => requests === 0));
    while (fresh.size > 0) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
      for (const connection of fresh)
        if (connection.requests > 0 || !this.#open.has(connection)) fresh.delete(connection);
    }
    this.#changed = undefined;
  }
}
