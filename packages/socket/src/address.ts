import { SocketUsageError } from './errors.ts';

/** Where one end of a stream or datagram socket is. */
export type Address =
  | { readonly family: 'ipv4' | 'ipv6'; readonly host: string; readonly port: number }
  | { readonly family: 'unix'; readonly path: string }
  | { readonly family: 'memory'; readonly name: string };

/**
 * Anything that names an address. As text:
 *
 * | text | meaning |
 * |---|---|
 * | `tcp://127.0.0.1:8000`, `127.0.0.1:8000`, `localhost:8000` | host and port |
 * | `tcp://[::1]:8000`, `[::1]:8000` | IPv6 wants brackets |
 * | `:8000` | every interface when listening, this machine when connecting |
 * | `udp://127.0.0.1:53` | the same for datagrams |
 * | `unix:/run/x.sock`, `/run/x.sock`, `./x.sock` | a Unix-domain path |
 */
export type AddressLike =
  string | Address | { readonly host?: string; readonly port: number } | { readonly path: string };

/** An address after parsing, before names are resolved. `host` is empty where the text left it out. */
export type Endpoint =
  | { readonly kind: 'inet'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** `sun_path` is 108 bytes with its NUL on Linux (unix(7)); a longer path would be cut silently by some systems. */
const maxUnixPathBytes = 107;

/**
 * Reads an address. `schemes` are the URL schemes the caller accepts besides none at all.
 *
 * @throws SocketUsageError `BAD_ADDRESS` for text of no known form, a port outside 0–65535, or a Unix path that does not fit.
 */
export function parseAddress(address: AddressLike, schemes: readonly string[] = ['tcp', 'unix']): Endpoint {
  if (typeof address === 'string') return parseText(address, schemes);
  if ('path' in address) return unix(address.path, address.path);
  if ('port' in address) return inet(address.host ?? '', address.port, address);
  throw bad(address, 'not an address that can be connected to');
}

/** The scheme that an address in text begins with, in lower case. */
export function schemeOf(address: AddressLike): string | undefined {
  return typeof address === 'string'
    ? /^([a-z][a-z0-9+.-]*):(?=\/\/|[/.])/i.exec(address)?.[1]?.toLowerCase()
    : undefined;
}

/** Text for people and for {@link parseAddress}: `127.0.0.1:80`, `[::1]:80`, `unix:/run/x.sock`, `memory:a`. */
export function formatAddress(address: Address | Endpoint): string {
  if ('path' in address) return `unix:${/^[^./]/.test(address.path) ? './' : ''}${address.path}`;
  if ('name' in address) return `memory:${address.name}`;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${String(address.port)}`;
}

/** The address as the platform tells it; a mapped IPv4 address on a dual-stack socket is told as the IPv4 one it is. */
export function inetAddress(
  family: string | undefined,
  host: string | undefined,
  port: number | undefined,
): Address {
  const text = host ?? '';
  if (text.startsWith('::ffff:') && text.includes('.')) {
    return { family: 'ipv4', host: text.slice('::ffff:'.length), port: port ?? 0 };
  }
  return { family: family === 'IPv6' ? 'ipv6' : 'ipv4', host: text, port: port ?? 0 };
}

function parseText(text: string, schemes: readonly string[]): Endpoint {
  const scheme = schemeOf(text);
  if (scheme !== undefined && !schemes.includes(scheme)) {
    throw bad(text, `the scheme is not one of ${schemes.join(', ')}`);
  }
  if (scheme === 'unix') return unix(text.slice('unix:'.length).replace(/^\/\/(?=\/)/, ''), text);
  if (scheme === undefined && /^\.{0,2}\//.test(text)) return unix(text, text);
  const rest = scheme === undefined ? text : text.slice(scheme.length + '://'.length);
  if (scheme !== undefined && !text.startsWith('//', scheme.length + 1)) {
    throw bad(text, `expected ${scheme}:// before the host`);
  }
  const match = /^(?:\[([\w:.%-]+)\]|([^:[\]/\s]*)):(\d{1,5})$/i.exec(rest);
  if (match === null) throw bad(text, 'expected host:port, [ipv6]:port, :port or unix:/path');
  return inet(match[1] ?? match[2] ?? '', Number(match[3]), text);
}

function inet(host: string, port: number, given: unknown): Endpoint {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw bad(given, 'the port is not in 0–65535');
  if (/[\0\s/]/.test(host)) throw bad(given, 'the host has characters that no host has');
  return { kind: 'inet', host, port };
}

function unix(path: string, text: string): Endpoint {
  if (path === '' || path.includes('\0')) throw bad(text, 'the path is empty or has a NUL');
  if (new TextEncoder().encode(path).length > maxUnixPathBytes) {
    throw bad(text, `a Unix-domain path has at most ${String(maxUnixPathBytes)} bytes`);
  }
  return { kind: 'unix', path };
}

function bad(given: unknown, why: string): SocketUsageError {
  return new SocketUsageError('BAD_ADDRESS', `${JSON.stringify(given)}: ${why}`);
}
