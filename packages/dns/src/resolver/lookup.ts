import { nextTick } from 'node:process';
import { domainToASCII } from 'node:url';
import type { Deadline } from '@wirestack/socket';
import { DnsUsageError } from '../errors.ts';
import { parseIpv4 } from '../records/address.ts';
import { isAddress } from './config.ts';
import { DnsResolveError } from './errors.ts';
import { hostKey, type Hosts } from './hosts.ts';
import type { StubResolver } from './stub.ts';

/** An address as node's `dns.lookup` gives it with `all`. */
export interface LookupAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Options of node's `dns.lookup`. `hints` are ignored: they tell getaddrinfo(3) what to ask. */
export interface LookupOptions {
  readonly family?: number | 'IPv4' | 'IPv6' | undefined;
  readonly all?: boolean | undefined;
  readonly hints?: number | undefined;
  readonly order?: 'ipv4first' | 'ipv6first' | 'verbatim' | undefined;
  readonly verbatim?: boolean | undefined;
}

/** Goes where node takes a `lookup`: `net.connect`, `http.request`, and `connect` of `@wirestack/socket`. */
export type LookupFunction = (
  hostname: string,
  options: LookupOptions,
  callback: (error: LookupError | null, address: string | LookupAddress[], family?: number) => void,
) => void;

/** An error as node's `dns.lookup` has it: `ENOTFOUND` where there is no such address, `EAI_AGAIN` where another time may do better. */
export interface LookupError extends Error {
  readonly code: 'ENOTFOUND' | 'EAI_AGAIN';
  readonly errno: number;
  readonly syscall: 'getaddrinfo';
  readonly hostname: string;
}

export interface CreateLookupOptions extends Deadline {
  /** Names that are looked up here first: `parseHosts(readFileSync('/etc/hosts', 'utf8'))`. Default none. */
  readonly hosts?: Hosts;
}

/**
 * The resolver in the shape of node's `dns.lookup`. A and AAAA are asked for at once. Without a query are answered: IP addresses, names
 * of `hosts`, `localhost` and what is below it, and `invalid` and `onion`, which do not exist (RFC 6761 6.3, 6.4, RFC 7686 2).
 *
 * IPv4 comes first unless `order` is `'ipv6first'`: the order of RFC 6724 needs the routing table, and an address that cannot be reached
 * hurts more than one of the older kind. Where node has all addresses it tries both families in any case.
 *
 * @param options `signal` and `timeoutMs` hold for each lookup.
 */
export function createLookup(resolver: StubResolver, options: CreateLookupOptions = {}): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    const family = familyOf(lookupOptions.family);
    const deliver = (addresses: readonly LookupAddress[]): void => {
      const sorted = sort(addresses, lookupOptions.order);
      const [first] = sorted;
      // In a turn of its own: what the callback throws is its own affair, not a rejection of ours.
      if (first === undefined) nextTick(callback, lookupError(hostname, undefined), '');
      else if (lookupOptions.all === true) nextTick(callback, null, sorted);
      else nextTick(callback, null, first.address, first.family);
    };
    const known = withoutQuery(hostname, family, options.hosts);
    if (known !== undefined) {
      deliver(known);
      return;
    }
    askFamilies(resolver, hostname, family, options).then(deliver, (error: unknown) => {
      nextTick(callback, lookupError(hostname, error), '');
    });
  };
}

const families = [4, 6] as const;

/** Node's getaddrinfo takes 0, 4, 6 and their names. */
function familyOf(family: LookupOptions['family'] = 0): 0 | 4 | 6 {
  if (family === 0 || family === 4 || family === 6) return family;
  if (family === 'IPv4') return 4;
  if (family === 'IPv6') return 6;
  throw new DnsUsageError('BAD_ARGUMENT', `family is ${String(family)}, expected 0, 4 or 6`);
}

/** Addresses that need no server, none for a name that does not exist; `undefined` for a name to ask for. */
function withoutQuery(
  hostname: string,
  family: 0 | 4 | 6,
  hosts: Hosts | undefined,
): readonly LookupAddress[] | undefined {
  // As node: an address is its own answer, whatever family was asked for.
  if (isAddress(hostname)) return [lookupAddress(hostname)];
  const key = hostKey(hostname);
  const isWanted = (address: LookupAddress): boolean => family === 0 || address.family === family;
  const listed = hosts?.get(key)?.map(lookupAddress).filter(isWanted) ?? [];
  if (listed.length > 0) return listed;
  if (/(?:^|\.)localhost$/.test(key)) return ['127.0.0.1', '::1'].map(lookupAddress).filter(isWanted);
  return key === '' || /(?:^|\.)(?:invalid|onion)$/.test(key) ? [] : undefined;
}

/** The addresses that were found. Rejects with what went wrong where there are none, before what says only that there are none. */
async function askFamilies(
  resolver: StubResolver,
  hostname: string,
  family: 0 | 4 | 6,
  deadline: Deadline,
): Promise<readonly LookupAddress[]> {
  // A name with other characters than ASCII is asked for in its ASCII form (RFC 5891 5); what has none does not exist.
  const name = /[^\0-\x7f]/.test(hostname) ? domainToASCII(hostname) : hostname;
  if (name === '') return [];
  const outcomes = await Promise.allSettled(
    families
      .filter((wanted) => family === 0 || family === wanted)
      .map((wanted) => resolver.resolve(name, wanted === 4 ? 'A' : 'AAAA', deadline)),
  );
  const addresses: LookupAddress[] = [];
  const failures: unknown[] = [];
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') failures.push(outcome.reason);
    else addresses.push(...outcome.value.records.map(({ address }) => lookupAddress(address)));
  }
  if (addresses.length > 0) return addresses;
  throw failures.find((failure) => !isAbsence(failure)) ?? failures[0];
}

/** Whether the error says that there is no such name, which another time will not change. */
function isAbsence(error: unknown): boolean {
  if (error instanceof DnsUsageError) return error.code === 'BAD_NAME';
  return error instanceof DnsResolveError && (error.code === 'NXDOMAIN' || error.code === 'NODATA');
}

function sort(addresses: readonly LookupAddress[], order: LookupOptions['order']): LookupAddress[] {
  const firstFamily = order === 'ipv6first' ? 6 : 4;
  return [
    ...addresses.filter(({ family }) => family === firstFamily),
    ...addresses.filter(({ family }) => family !== firstFamily),
  ];
}

function lookupAddress(address: string): LookupAddress {
  return { address, family: parseIpv4(address) >= 0 ? 4 : 6 };
}

/** The numbers of libuv's UV_EAI_NONAME and UV_EAI_AGAIN, the same on every system. */
const errnos = { ENOTFOUND: -3008, EAI_AGAIN: -3001 } as const;

function lookupError(hostname: string, cause: unknown): LookupError {
  const code = cause === undefined || isAbsence(cause) ? 'ENOTFOUND' : 'EAI_AGAIN';
  return Object.assign(
    new Error(`getaddrinfo ${code} ${hostname}`, cause === undefined ? undefined : { cause }),
    { code, errno: errnos[code], syscall: 'getaddrinfo', hostname } as const,
  );
}
