import type { DnsResolveError } from './errors.ts';
import type { ServerAddress } from './transport.ts';

/**
 * Whose turn it is. Round for round each server that kept silent is asked, twice as long as before. One that answered that it cannot
 * is out: to ask it again at once only adds to its load (RFC 9520 3.1).
 */
export class ServerRounds {
  #waiting: ServerAddress[];
  readonly #attempts: number;
  readonly #timeoutMs: number;
  readonly #failed = new Set<ServerAddress>();
  #round = 0;
  #index = 0;
  #failure: DnsResolveError | undefined;

  /** @param first the index of the server that begins. */
  constructor(servers: readonly ServerAddress[], first: number, attempts: number, timeoutMs: number) {
    this.#waiting = [...servers.slice(first), ...servers.slice(0, first)];
    this.#attempts = attempts;
    this.#timeoutMs = timeoutMs;
  }

  next(): { readonly server: ServerAddress; readonly timeoutMs: number } | undefined {
    if (this.#index === this.#waiting.length) {
      this.#waiting = this.#waiting.filter((server) => !this.#failed.has(server));
      this.#index = 0;
      this.#round++;
    }
    const server = this.#round < this.#attempts ? this.#waiting[this.#index++] : undefined;
    return server && { server, timeoutMs: this.#timeoutMs * 2 ** this.#round };
  }

  failed(server: ServerAddress, failure: DnsResolveError): void {
    this.#failed.add(server);
    this.#note(failure);
  }

  silent(failure: DnsResolveError): void {
    this.#note(failure);
  }

  /** After the last turn: what a server said rather than what the network did, and of equals the first, the preferred server's. */
  get failure(): DnsResolveError {
    return this.#failure as DnsResolveError;
  }

  #note(failure: DnsResolveError): void {
    if (this.#failure === undefined || weight(failure) > weight(this.#failure)) this.#failure = failure;
  }
}

function weight({ code }: DnsResolveError): number {
  return code === 'SERVFAIL'
    ? 4
    : code === 'REFUSED'
      ? 3
      : code === 'BAD_RESPONSE'
        ? 2
        : code === 'UNREACHABLE'
          ? 1
          : 0;
}
