import type { Address } from '@wirestack/socket';
import { isTrusted, trustedSources, type TrustedSources } from '@wirestack/socket/proxy-protocol';
import { HttpUsageError } from '../errors.ts';
import type { ForwardedNode } from '../fields/forwarded-node.ts';
import { parseForwarded, parseXForwardedFor } from '../fields/forwarded.ts';
import { isAuthority } from '../protocol/authority.ts';
import { trimBlanks, utf8 } from '../protocol/octets.ts';
import type { ServerRequest } from './request.ts';

export interface TrustProxyOptions {
  /** Who is believed: addresses (`10.0.0.1`), blocks (`10.0.0.0/8`, `fd00::/8`) and `unix`, any Unix socket. */
  readonly from: readonly string[];
  /**
   * What the proxies write: `X-Forwarded-For`, `-Proto` and `-Host` (default: what most do), or `Forwarded` (RFC 7239). Only the one is read, for a proxy
   * passes on the other as the client made it up.
   */
  readonly field?: 'x-forwarded' | 'forwarded';
}

/** Options that have been read. */
export interface ProxyTrust {
  readonly sources: TrustedSources;
  readonly isStandard: boolean;
}

/** Where a request comes from, as far as those in between are to be believed. */
export interface RequestOrigin {
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  readonly clientAddress: string;
}

/** @throws HttpUsageError `BAD_OPTION` for an entry that is no address */
export function trustFrom({ from, field = 'x-forwarded' }: TrustProxyOptions): ProxyTrust {
  try {
    return { sources: trustedSources(from), isStandard: field === 'forwarded' };
  } catch (error) {
    throw new HttpUsageError('BAD_OPTION', `trustProxy: ${(error as Error).message}`);
  }
}

/** One proxy's word about what came to it. */
interface Hop {
  readonly host: string | undefined;
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
}

/**
 * Goes from the connection towards the client, hop by hop, as long as the one that speaks is trusted: what stands further left in the fields
 * anybody may have written.
 */
export function originOf(request: ServerRequest, trust: ProxyTrust): RequestOrigin {
  const { remoteAddress } = request;
  let clientAddress = hostOf(remoteAddress);
  let scheme: 'http' | 'https' = request.tls === undefined ? 'http' : 'https';
  let authority = authorityOf(request);
  const hops = trust.isStandard ? forwarded(request) : xForwarded(request);
  let speaker: Address | undefined = remoteAddress;
  for (let at = hops.length - 1; at >= 0 && speaker !== undefined; at--) {
    if (!isTrusted(speaker, trust.sources)) break;
    const hop = hops[at] as Hop;
    if (hop.scheme === 'http' || hop.scheme === 'https') ({ scheme } = hop as { scheme: 'http' | 'https' });
    authority = hop.authority ?? authority;
    // `unknown` and names of a proxy's own: the client is hidden, and whoever speaks further left is not known to be trusted.
    speaker = hop.host === undefined ? undefined : addressOf(hop.host);
    clientAddress = hop.host ?? '';
  }
  return { scheme, authority, clientAddress };
}

function addressOf(host: string): Address {
  return { family: host.includes(':') ? 'ipv6' : 'ipv4', host, port: 0 };
}

/** The IP address; empty where there is none. */
export function hostOf(address: Address): string {
  return 'host' in address ? address.host : '';
}

/** RFC 9112 3.3: the target's own, where it has one; else Host. */
export function authorityOf({ target, headers, method }: ServerRequest): string {
  if (method === 'CONNECT') return target;
  if (target.startsWith('/') || target === '*') return headers.get('host') ?? '';
  const from = target.indexOf('//') + 2;
  const to = target.slice(from).search(/[/?]/);
  return to < 0 ? target.slice(from) : target.slice(from, from + to);
}

/** Line by line: joined, a quote that the client left open would swallow what a proxy added behind it. A line that is malformed ends what is known. */
function forwarded({ headers }: ServerRequest): Hop[] {
  return headers.getAll('forwarded').flatMap((line) => {
    const elements = parseForwarded(line);
    if (elements === undefined) return [{ host: undefined, scheme: undefined, authority: undefined }];
    return elements.map((element) => ({
      host: ipOf(element.for),
      scheme: element.proto,
      authority: element.host,
    }));
  });
}

/**
 * `X-Forwarded-Proto` and `-Host` have an element for each of `-For` where every proxy adds its own, and are counted from the end, too: what the client
 * sent stands in front. One that stands alone was written by the proxy next to the client, and passed on by the others. A proxy that sends them
 * without `-For` says nothing of who asked: for all that is known it was the proxy itself.
 */
function xForwarded({ headers, remoteAddress }: ServerRequest): Hop[] {
  // No quotes are heeded: neither has any, and one that the client left open would swallow what a proxy added.
  const list = (name: string): readonly string[] =>
    headers
      .get(name)
      ?.split(',')
      .map((element) => trimBlanks(element)) ?? [];
  const nodes = parseXForwardedFor(headers.get('x-forwarded-for') ?? '');
  const schemes = list('x-forwarded-proto');
  const authorities = list('x-forwarded-host');
  const of = (values: readonly string[], at: number): string | undefined =>
    values.length === 1 ? values[0] : values[values.length - nodes.length + at];
  if (nodes.length === 0) {
    const authority = ifAuthority(authorities.at(-1));
    return [{ host: hostOf(remoteAddress), scheme: schemes.at(-1)?.toLowerCase(), authority }];
  }
  return nodes.map((node, at) => ({
    host: ipOf(node),
    scheme: of(schemes, at)?.toLowerCase(),
    authority: ifAuthority(of(authorities, at)),
  }));
}

/** What passes for a Host, as in `Forwarded`: it ends up in links and redirects. */
function ifAuthority(text = ''): string | undefined {
  const bytes = utf8(text);
  return isAuthority(bytes, 0, bytes.length) ? text : undefined;
}

function ipOf(node: ForwardedNode | undefined): string | undefined {
  return node?.kind === 'ip' ? node.address : undefined;
}
