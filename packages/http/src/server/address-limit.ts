import { formatIp, ipv4Within, parseHost, type Address } from '@wirestack/socket';

/**
 * Counts connections by the address they come from, so that one host cannot take every place. The addresses of one /64 of IPv6 count as one:
 * that is what a single customer is given (RFC 6177). Unix sockets are not counted.
 */
export class AddressLimit {
  readonly #max: number;
  readonly #counts = new Map<string, number>();

  /** @param max connections of one address at a time; `Infinity` counts nothing. */
  constructor(max: number) {
    this.#max = max;
  }

  /** False where there are too many already; else counted, until {@link leave}. */
  enter(address: Address): boolean {
    const key = this.#max === Infinity ? undefined : keyOf(address);
    if (key === undefined) return true;
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.#max) return false;
    this.#counts.set(key, count + 1);
    return true;
  }

  leave(address: Address): void {
    const key = this.#max === Infinity ? undefined : keyOf(address);
    if (key === undefined) return;
    const count = this.#counts.get(key) ?? 0;
    if (count > 1) this.#counts.set(key, count - 1);
    else this.#counts.delete(key);
  }
}

function keyOf(address: Address): string | undefined {
  const bytes = 'host' in address ? parseHost(address.host) : undefined;
  if (bytes === undefined) return undefined;
  const ipv4 = bytes.length === 4 ? bytes : ipv4Within(bytes);
  return ipv4 === undefined ? `${formatIp(bytes.fill(0, 8))}/64` : formatIp(ipv4);
}
