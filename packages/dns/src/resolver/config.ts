import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { DnsUsageError } from '../errors.ts';
import { Name } from '../name.ts';
import { parseIpv4, parseIpv6 } from '../records/address.ts';

/** What resolv.conf(5) says. It fits the options of `StubResolver` as it is. */
export interface ResolverConfig {
  /** At most three. Default 127.0.0.1, port 53. */
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  /** Suffixes for short names, from `search` or `domain`, whichever stands last. */
  readonly search: readonly string[];
  /** Names with as many dots are tried as they are first. Default 1, at most 15. */
  readonly ndots: number;
  /** Of a server's first try, milliseconds. Default 5,000, at most 30,000. */
  readonly timeoutMs: number;
  /** Rounds through all servers. Default 2, at most 5. */
  readonly attempts: number;
  /** `options rotate`: each question begins with another server. */
  readonly rotate: boolean;
  /** `options use-vc`: TCP from the start. */
  readonly useTcp: boolean;
  /** `options edns0`. For information: `StubResolver` sends EDNS in any case, and once more without where a server rejects it. */
  readonly edns0: boolean;
}

/** MAXNS, RES_MAXNDOTS, RES_MAXRETRANS and RES_MAXRETRY of glibc's <resolv.h>. */
const maxServers = 3;
const maxNdots = 15;
const maxTimeoutSeconds = 30;
const maxAttempts = 5;

/**
 * Reads the text of resolv.conf(5) as glibc does: what it does not know, or cannot read, is passed over, and nothing throws.
 *
 * @param hostName where neither `search` nor `domain` stands, what follows its first dot is the search list. Default: none.
 */
export function parseResolvConf(text: string, hostName: string = ''): ResolverConfig {
  const servers: { host: string; port: number }[] = [];
  let search: string[] | undefined;
  const options = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    // The keyword begins the line; a line that begins otherwise, with `;` or `#` above all, says nothing.
    const [keyword, ...values] = line.split(/[ \t]+/).filter((word, index) => word !== '' || index === 0);
    const comment = values.findIndex((value) => /^[;#]/.test(value));
    if (comment >= 0) values.length = comment;
    const [first] = values;
    if (first === undefined) continue;
    if (keyword === 'nameserver' && servers.length < maxServers && isAddress(first)) {
      servers.push({ host: first, port: 53 });
    } else if (keyword === 'domain') search = [first].filter(isName);
    else if (keyword === 'search') search = values.filter(isName);
    else if (keyword === 'options') for (const value of values) addOption(options, value);
  }
  const ownDomain = hostName.includes('.') ? [hostName.slice(hostName.indexOf('.') + 1)] : [];
  return {
    servers: servers.length > 0 ? servers : [{ host: '127.0.0.1', port: 53 }],
    search: search ?? ownDomain.filter(isName),
    ndots: numberOf(options, 'ndots', 0, 1, maxNdots),
    timeoutMs: numberOf(options, 'timeout', 1, 5, maxTimeoutSeconds) * 1000,
    attempts: numberOf(options, 'attempts', 1, 2, maxAttempts),
    rotate: options.has('rotate'),
    useTcp: options.has('use-vc'),
    edns0: options.has('edns0'),
  };
}

/**
 * What the machine's own file says; where there is none, what {@link parseResolvConf} makes of an empty one.
 *
 * @throws the file system's error for a file that exists and cannot be read.
 */
export function readResolvConf(path: string = '/etc/resolv.conf'): ResolverConfig {
  return parseResolvConf(readIfThere(path), hostname());
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** An IPv4 or IPv6 address; the latter may name its zone: `fe80::1%eth0`. */
export function isAddress(text: string): boolean {
  return parseIpv4(text) >= 0 || parseIpv6(/^[^%]*(?=%[\w.-]+$)/.exec(text)?.[0] ?? text) !== undefined;
}

function isName(text: string): boolean {
  try {
    Name.parse(text);
    return true;
  } catch (error) {
    if (error instanceof DnsUsageError) return false;
    throw error;
  }
}

function addOption(options: Map<string, string>, text: string): void {
  const colon = text.indexOf(':');
  if (colon < 0) options.set(text, '');
  else options.set(text.slice(0, colon), text.slice(colon + 1));
}

function numberOf(
  options: ReadonlyMap<string, string>,
  name: string,
  least: number,
  otherwise: number,
  most: number,
): number {
  const text = options.get(name) ?? '';
  return /^\d+$/.test(text) ? Math.min(Math.max(Number(text), least), most) : otherwise;
}
