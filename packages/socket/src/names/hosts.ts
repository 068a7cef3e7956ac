import { lookup as systemLookup } from 'node:dns';
import { lookupService, resolveCname as systemCname } from 'node:dns/promises';
import { hostname } from 'node:os';
import { withDeadline, type Deadline } from '../deadline.ts';
import type { LookupFunction } from '../dial.ts';
import { SocketError, SocketUsageError } from '../errors.ts';
import { isNamed, readHostsFile } from './hosts-file.ts';
import { inetFamily } from './inet-text.ts';

export interface HostNameOptions extends Deadline {
  /** Default `'ipv4'`, which is all that Python's functions of these names know. */
  readonly family?: 'ipv4' | 'ipv6';
  /** Turns a name into addresses, in the shape of node's `dns.lookup`. Default: the operating system. */
  readonly lookup?: LookupFunction;
}

export interface HostEntryOptions extends HostNameOptions {
  /** Where official names and aliases are found first. Default `/etc/hosts`. */
  readonly hostsFile?: string;
  /** Tells what a name is an alias of, by the DNS. Default: the DNS servers of the system. */
  readonly resolveCname?: (name: string) => Promise<string[]>;
}

export interface HostAddressOptions extends Deadline {
  readonly hostsFile?: string;
  /** Tells the name of an address; rejects, or answers the address itself, where it has none. Default: the operating system. */
  readonly reverse?: (address: string) => Promise<string>;
}

/** What is known of a host: its official name, its other names, its addresses. */
export interface HostEntry {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly addresses: readonly string[];
}

/**
 * The address of a name, as `gethostbyname` (seed 004): an IPv4 one unless `family` says otherwise, the first where there are several. To
 * connect, give `connect` the name: it tries all the addresses. A deadline ends the wait, not the lookup.
 *
 * @throws SocketError `NOT_FOUND` with the resolver's error as its `cause`, `TIMED_OUT`, `ABORTED`; SocketUsageError `BAD_ARGUMENT` for a name
 * that is empty or has a NUL.
 */
export async function getHostByName(name: string, options: HostNameOptions = {}): Promise<string> {
  return (await addressesOf(name, options))[0];
}

/**
 * The official name, aliases and addresses of a name, as `gethostbyname_ex` (seed 004). The official name is that of the hosts file; else what
 * the DNS says the name is an alias of (CNAME), however many times over; else the name itself.
 *
 * @throws SocketError and SocketUsageError as {@link getHostByName}.
 */
export async function getHostByNameEx(name: string, options: HostEntryOptions = {}): Promise<HostEntry> {
  const addresses = await addressesOf(name, options);
  if (inetFamily(name) !== undefined) return { name, aliases: [], addresses };
  return withDeadline(officialName(name, addresses, options), options, noCancel);
}

/**
 * The name of an address, with its aliases, as `gethostbyaddr` (seed 004).
 *
 * @throws SocketError `NOT_FOUND` where it has none, `TIMED_OUT`, `ABORTED`; SocketUsageError `BAD_ADDRESS` for what is no address.
 */
export async function getHostByAddress(
  address: string,
  options: HostAddressOptions = {},
): Promise<HostEntry> {
  if (inetFamily(address) === undefined) {
    throw new SocketUsageError('BAD_ADDRESS', `${JSON.stringify(address)} is not an IP address`);
  }
  const { reverse = systemReverse, hostsFile = '/etc/hosts' } = options;
  const name = await withDeadline(
    found(address, () => reverse(address)),
    options,
    noCancel,
  );
  // The kernel's resolver falls back to the address in figures.
  if (inetFamily(name) !== undefined) throw notFound(address, `${address} has no name`);
  const lines = await readHostsFile(hostsFile);
  const line = lines.find((each) => each.address === address && isNamed(each, name));
  const names = line === undefined ? [] : [line.name, ...line.aliases];
  return { name, aliases: names.filter((each) => each !== name), addresses: [address] };
}

/** This machine's name for itself, as `gethostname` (seed 004): not necessarily one that resolves. */
export function getHostName(): string {
  return hostname();
}

/**
 * The name of a host with its domain, as `getfqdn`: of the names its address has, the first with a dot; else the official name; and `name` as
 * it was given where it has no address, or the address no name. Without a name, and for `0.0.0.0` and `::`, this machine's.
 *
 * @throws SocketError `TIMED_OUT`, `ABORTED`; never `NOT_FOUND`.
 */
export async function getFullyQualifiedName(
  name: string = '',
  options: HostNameOptions & HostAddressOptions = {},
): Promise<string> {
  const trimmed = name.trim();
  const host = ['', '0.0.0.0', '::'].includes(trimmed) ? getHostName() : trimmed;
  try {
    const address = inetFamily(host) === undefined ? await getHostByName(host, options) : host;
    const entry = await getHostByAddress(address, options);
    return [entry.name, ...entry.aliases].find((each) => each.includes('.')) ?? entry.name;
  } catch (error) {
    if (error instanceof SocketError && error.code === 'NOT_FOUND') return host;
    throw error;
  }
}

async function addressesOf(name: string, options: HostNameOptions): Promise<[string, ...string[]]> {
  if (name === '' || name.includes('\0')) {
    throw new SocketUsageError('BAD_ARGUMENT', 'the name is empty or has a NUL');
  }
  const { family = 'ipv4', lookup = systemLookup } = options;
  const given = inetFamily(name);
  if (given === family) return [name];
  if (given !== undefined) throw notFound(name, `${name} is not an ${family} address`);
  const asked = found(name, () => asPromise(lookup, name, family === 'ipv6' ? 6 : 4));
  const addresses = await withDeadline(asked, options, noCancel);
  const [first, ...others] = new Set(addresses);
  if (first === undefined) throw notFound(name, `${name} has no ${family} address`);
  return [first, ...others];
}

function asPromise(lookup: LookupFunction, name: string, family: 4 | 6): Promise<string[]> {
  return new Promise((resolve, reject) => {
    lookup(name, { all: true, family }, (error, addresses, only) => {
      if (error !== null) reject(error);
      else if (typeof addresses === 'string') resolve((only ?? family) === family ? [addresses] : []);
      else resolve(addresses.filter((each) => each.family === family).map(({ address }) => address));
    });
  });
}

/** A chain longer than this is a loop, or somebody's joke: BIND follows 16. */
const maxCnames = 16;

async function officialName(
  name: string,
  addresses: readonly string[],
  { hostsFile = '/etc/hosts', resolveCname = systemCname }: HostEntryOptions,
): Promise<HostEntry> {
  const lines = (await readHostsFile(hostsFile)).filter((line) => isNamed(line, name));
  if (lines[0] !== undefined) {
    const official = lines[0].name;
    const names = new Set(lines.flatMap((line) => [line.name, ...line.aliases]));
    names.delete(official);
    return { name: official, aliases: [...names], addresses };
  }
  const chain = new Set([name]);
  for (let last = name; chain.size <= maxCnames;) {
    const [next] = await resolveCname(last).catch((): string[] => []);
    if (next === undefined || chain.has(next)) break;
    chain.add((last = next));
  }
  const aliases = [...chain];
  return { name: aliases.pop() as string, aliases, addresses };
}

async function systemReverse(address: string): Promise<string> {
  return (await lookupService(address, 0)).hostname;
}

/** Whatever keeps a resolver from answering, the name was not found; the cause says why. */
async function found<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SocketError('NOT_FOUND', `${what} was not found: ${why}`, { cause, address: what });
  }
}

function notFound(address: string, message: string): SocketError {
  return new SocketError('NOT_FOUND', message, { address });
}

/** A lookup under way cannot be called back: the deadline only ends the wait. */
function noCancel(): void {
  return undefined;
}
