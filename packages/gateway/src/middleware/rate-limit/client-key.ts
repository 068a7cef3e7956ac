import type { Environ } from '../../environ.ts';

/**
 * One client: its `REMOTE_ADDR`, of IPv6 the first 64 bits, for that much is one household's, and whoever has it can take another address for each request. IPv4 in IPv6 is
 * IPv4. Behind a proxy it is the proxy, unless something before has put the client's address there.
 */
export function clientKey({ REMOTE_ADDR }: Pick<Environ, 'REMOTE_ADDR'>): string {
  if (!REMOTE_ADDR.includes(':')) return REMOTE_ADDR;
  const groups = groupsOf(REMOTE_ADDR.split('%', 1)[0] as string);
  if (groups === undefined) return REMOTE_ADDR;
  const isMapped = groups.every((group, place) => group === (place === 5 ? 0xffff : 0) || place > 5);
  if (isMapped) {
    const [high, low] = groups.slice(6) as [number, number];
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** All eight: `::` is as many noughts as are missing, and the last two may be written as IPv4 (RFC 4291 2.2). `undefined` for what is no IPv6. */
function groupsOf(address: string): number[] | undefined {
  const text = address.replace(/:(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/, (_all, ...parts: string[]) => {
    const [a, b, c, d] = parts.map(Number) as [number, number, number, number];
    return `:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const halves = text.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const [front = [], back = []] = halves;
  const missing = 8 - front.length - back.length;
  const isWhole = halves.length === 1 ? missing === 0 : halves.length === 2 && missing > 0;
  if (!isWhole || ![...front, ...back].every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  const groups = [...front, ...Array.from({ length: missing }, () => '0'), ...back];
  return groups.map((group) => Number.parseInt(group, 16));
}
