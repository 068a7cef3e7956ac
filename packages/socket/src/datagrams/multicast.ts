import { networkInterfaces } from 'node:os';
import { SocketError, SocketUsageError } from '../errors.ts';
import { inetFamily, inetPton } from '../names/inet-text.ts';
import type { GroupOptions } from './datagram-socket.ts';
import type { Family } from './inet-place.ts';

const familyName: Readonly<Record<Family, 'IPv4' | 'IPv6'>> = { ipv4: 'IPv4', ipv6: 'IPv6' };

/**
 * Refuses what a socket of this family cannot be a member of. Groups are 224.0.0.0 to 239.255.255.255 (RFC 1112, section 4) and `ff00::/8`
 * (RFC 4291, section 2.7).
 *
 * @throws SocketUsageError `BAD_ADDRESS`
 */
export function requireGroup(group: string, { source }: GroupOptions, family: Family): void {
  // A zone would name an interface, and nobody would heed it: that is what `interface` is for.
  if (inetFamily(group) !== family || group.includes('%') || !isMulticast(group, family)) {
    throw bad(group, `a multicast address of ${familyName[family]}`);
  }
  if (source === undefined) return;
  if (inetFamily(source) !== family || isUnspecified(source, family) || isMulticast(source, family)) {
    throw bad(source, `an ${familyName[family]} address that packets come from`);
  }
}

/**
 * An interface as node wants to hear of it: an address of IPv4, `::%eth0` for IPv6. What node cannot find there it takes for the kernel's
 * choice, without a word: so it is looked for here.
 *
 * @throws SocketError `UNAVAILABLE`
 */
export function interfaceFor(given: string, family: Family): string {
  const givenFamily = inetFamily(given);
  if (givenFamily === family && !given.includes('%') && isUnspecified(given, family)) return given;
  // A name, also where it follows an address (RFC 4007, section 11).
  const wanted = given.slice(given.indexOf('%') + 1);
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    const isWanted = name === wanted || addresses.some(({ address }) => isSameHost(address, wanted));
    const own = addresses.find((each) => each.family === familyName[family]);
    if (!isWanted || own === undefined) continue;
    if (family === 'ipv4') return givenFamily === 'ipv4' ? given : own.address;
    // Windows numbers its interfaces, the others name them.
    return `::%${process.platform === 'win32' && 'scopeid' in own ? String(own.scopeid) : name}`;
  }
  const message = `${JSON.stringify(given)} is no interface of this machine that has ${familyName[family]}`;
  throw new SocketError('UNAVAILABLE', message, { address: given });
}

function isMulticast(host: string, family: Family): boolean {
  const [first = 0] = bytesOf(host, family);
  return family === 'ipv4' ? first >= 224 && first <= 239 : first === 0xff;
}

function isUnspecified(host: string, family: Family): boolean {
  return bytesOf(host, family).every((byte) => byte === 0);
}

/** However the two are written. */
function isSameHost(a: string, b: string): boolean {
  const family = inetFamily(a);
  return (
    family !== undefined &&
    family === inetFamily(b) &&
    bytesOf(a, family).join() === bytesOf(b, family).join()
  );
}

function bytesOf(host: string, family: Family): Uint8Array {
  return inetPton(family, host.replace(/%.*/, ''));
}

function bad(text: string, what: string): SocketUsageError {
  return new SocketUsageError('BAD_ADDRESS', `${JSON.stringify(text)} is not ${what}`);
}
