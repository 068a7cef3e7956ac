import { lookup as systemLookup } from 'node:dns';
import { isIP } from 'node:net';
import { formatAddress, parseAddress, type Address, type AddressLike } from '../address.ts';
import type { LookupFunction } from '../dial.ts';
import { SocketError, SocketUsageError, toSocketError } from '../errors.ts';

export type Family = 'ipv4' | 'ipv6';

/** An address that packets can have: its host is an IP address. */
export type InetAddress = Address & { readonly family: Family };

/** What is left to find out: `host` is an IP address, a name, or empty. */
export interface InetPlace {
  readonly host: string;
  readonly port: number;
}

const thisMachine: Readonly<Record<Family, string>> = { ipv4: '127.0.0.1', ipv6: '::1' };

/** @throws SocketUsageError `BAD_ADDRESS` for what is no address of UDP */
export function inetPlace(address: AddressLike): InetPlace {
  const endpoint = parseAddress(address, ['udp']);
  if (endpoint.kind === 'inet') return endpoint;
  throw new SocketUsageError('BAD_ADDRESS', `${formatAddress(endpoint)}: datagrams go over UDP`);
}

/** @throws SocketUsageError `BAD_ADDRESS` also for port 0, which stands for none (RFC 768) */
export function destinationPlace(address: AddressLike): InetPlace {
  const place = inetPlace(address);
  if (place.port !== 0) return place;
  throw new SocketUsageError('BAD_ADDRESS', `${text(place)}: nothing can be sent to port 0`);
}

/** The address where no lookup is needed: of an IP address, and of this machine where the host is left out. */
export function knownAddress({ host, port }: InetPlace, family: Family): InetAddress | undefined {
  if (host === '') return { family, host: thisMachine[family], port };
  const known = familyOf(host);
  return known && { family: known, host, port };
}

/**
 * The host as the kernel wants it of a socket of this family: one of IPv6 reaches IPv4 by mapped addresses (RFC 3493, section 3.7).
 *
 * @throws SocketUsageError `BAD_ADDRESS` for a name, and for IPv6 from IPv4
 */
export function hostFor(to: InetPlace, family: Family): string {
  const known = familyOf(to.host);
  if (known === family) return to.host;
  if (known === 'ipv4') return `::ffff:${to.host}`;
  const why = known === undefined ? 'packets are posted to addresses' : 'an IPv4 socket reaches no IPv6';
  throw new SocketUsageError('BAD_ADDRESS', `${text(to)}: ${why}`);
}

/** The first address of a name, of this family where one is given. */
export async function lookedUp(
  place: InetPlace,
  family: Family | undefined,
  lookup: LookupFunction = systemLookup,
): Promise<InetAddress> {
  const address = text(place);
  const found = await new Promise<readonly string[]>((resolve, reject) => {
    lookup(
      place.host,
      { all: true, ...(family === undefined ? {} : { family: family === 'ipv6' ? 6 : 4 }) },
      (error, addresses) => {
        if (error !== null) reject(toSocketError(error, address));
        else resolve(typeof addresses === 'string' ? [addresses] : addresses.map((each) => each.address));
      },
    );
  });
  for (const host of found) {
    const known = familyOf(host);
    if (known !== undefined && (family === undefined || known === family)) {
      return { family: known, host, port: place.port };
    }
  }
  const kind = family === 'ipv6' ? 'IPv6 address' : family === 'ipv4' ? 'IPv4 address' : 'address';
  throw new SocketError('NOT_FOUND', `${place.host} has no ${kind}`, { address });
}

function familyOf(host: string): Family | undefined {
  const version = isIP(host);
  return version === 4 ? 'ipv4' : version === 6 ? 'ipv6' : undefined;
}

function text({ host, port }: InetPlace): string {
  return formatAddress({ kind: 'inet', host, port });
}
