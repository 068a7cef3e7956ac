import { isAuthority } from '../protocol/authority.ts';
import { SEMICOLON, trimBlanks, utf8 } from '../protocol/octets.ts';
import { alphanumeric, COMMA, EQUALS, isAll, tableOf, type Cursor } from './cursor.ts';
import { formatForwardedNode, parseForwardedNode, type ForwardedNode } from './forwarded-node.ts';
import { isIpv6 } from './ip-address.ts';
import { parseEach } from './list.ts';
import type { ParameterList, Parameters } from './parameters.ts';
import { formatValue, requireToken, unwritable } from './quoted-string.ts';

/** What one proxy says of the request that it passed on (RFC 7239 4). */
export interface ForwardedElement {
  /** Who sent the request to the proxy. */
  readonly for?: ForwardedNode;
  /** The interface where the proxy got it. */
  readonly by?: ForwardedNode;
  /** The `Host` that the proxy got: `uri-host [ ":" port ]`. */
  readonly host?: string;
  /** The scheme that it was asked for with, in lower case: `https`. */
  readonly proto?: string;
  /** Further parameters by their names in lower case. */
  readonly extensions: Parameters;
}

/**
 * The elements of `Forwarded` (RFC 7239 4), the client's first, the nearest proxy's last. `undefined` where any is malformed: a node
 * that is
 * none, a host or scheme that is none, a parameter that stands twice. Blanks around semicolons are let pass.
 *
 * Any client can send this field. Believe only elements that proxies of one's own have added, counted from the end; and where a proxy
 * adds a line of its own, parse line by line (`getAll`), last first: joined, an open quote that the client sent would swallow the
 * proxy's element. Take `undefined` for "not told", never for "no proxy".
 */
export function parseForwarded(value: string): ForwardedElement[] | undefined {
  return parseEach(value, readElement);
}

/**
 * `for=192.0.2.60;proto=http;by="[2001:db8::1]"` for each element, separated by commas.
 *
 * @throws HttpUsageError `BAD_FIELD` for an element that says nothing, a node, host or scheme that is none, an extension whose name is no
 *   token or stands twice, or whose value has control characters or is above U+00FF.
 */
export function formatForwarded(elements: readonly WritableElement[]): string {
  return elements.map(formatElement).join(', ');
}

/** An element to write: {@link ForwardedElement}, its extensions optional. */
export type WritableElement = Omit<ForwardedElement, 'extensions'> & { readonly extensions?: ParameterList };

/**
 * `X-Forwarded-For`, the client first, the nearest proxy's peer last; `undefined` in the place of what is no address, so that places can
 * be counted from the end. Nothing specifies this field. Read are addresses with and without a port (`192.0.2.1:80`,
 * `[2001:db8::1]:80`), IPv6 with
 * and without brackets, and `unknown`.
 *
 * Any client can send it: believe only as many, from the end, as there are proxies of one's own.
 */
export function parseXForwardedFor(value: string): (ForwardedNode | undefined)[] {
  if (trimBlanks(value) === '') return [];
  return value.split(',').map((element) => {
    const text = trimBlanks(element);
    return isIpv6(text) ? { kind: 'ip', address: text } : parseForwardedNode(text);
  });
}

/** `[ pair ] *( ";" [ pair ] )` */
function readElement(cursor: Cursor): ForwardedElement | undefined {
  const pairs = new Map<string, string>();
  for (;;) {
    const name = cursor.token()?.toLowerCase();
    if (name !== undefined) {
      const value = cursor.take(EQUALS) ? cursor.tokenOrQuoted() : undefined;
      if (value === undefined || pairs.has(name)) return undefined;
      pairs.set(name, value);
    }
    cursor.skipBlanks();
    if (cursor.take(SEMICOLON)) cursor.skipBlanks();
    else if (cursor.isAtEnd() || cursor.code === COMMA) return elementOf(pairs);
    else return undefined;
  }
}

function elementOf(pairs: Map<string, string>): ForwardedElement | undefined {
  const forText = take(pairs, 'for');
  const byText = take(pairs, 'by');
  const host = take(pairs, 'host');
  const proto = take(pairs, 'proto')?.toLowerCase();
  const from = forText === undefined ? undefined : parseForwardedNode(forText);
  const by = byText === undefined ? undefined : parseForwardedNode(byText);
  if ((forText !== undefined && from === undefined) || (byText !== undefined && by === undefined))
    return undefined;
  if ((host !== undefined && !isHost(host)) || (proto !== undefined && !isScheme(proto))) return undefined;
  return {
    ...(from && { for: from }),
    ...(by && { by }),
    ...(host !== undefined && { host }),
    ...(proto !== undefined && { proto }),
    extensions: pairs,
  };
}

function take(pairs: Map<string, string>, name: string): string | undefined {
  const value = pairs.get(name);
  pairs.delete(name);
  return value;
}

function formatElement(element: WritableElement): string {
  const { for: from, by, host, proto, extensions = [] } = element;
  if (host !== undefined && !isHost(host)) throw unwritable('the host of Forwarded', host);
  if (proto !== undefined && !isScheme(proto)) throw unwritable('the scheme of Forwarded', proto);
  const pairs: [name: string, value: string][] = [];
  if (from) pairs.push(['for', formatForwardedNode(from)]);
  if (by) pairs.push(['by', formatForwardedNode(by)]);
  if (host !== undefined) pairs.push(['host', host]);
  if (proto !== undefined) pairs.push(['proto', proto]);
  const names = new Set(['for', 'by', 'host', 'proto']);
  for (const [name, value] of extensions) {
    const key = requireToken('a parameter of Forwarded', name).toLowerCase();
    if (names.has(key)) throw unwritable('a parameter of Forwarded', name);
    names.add(key);
    pairs.push([name, value]);
  }
  if (pairs.length === 0) throw unwritable('an element of Forwarded', '');
  return pairs.map(([name, value]) => `${name}=${formatValue(value)}`).join(';');
}

function isHost(text: string): boolean {
  const bytes = utf8(text);
  return isAuthority(bytes, 0, bytes.length);
}

/** `scheme` of RFC 3986 3.1: a letter, then letters, digits, `+`, `-`, `.`. */
function isScheme(text: string): boolean {
  return isAll(SCHEME, text) && SCHEME_START[text.charCodeAt(0)] === 1;
}

const SCHEME_START: Uint8Array = tableOf(alphanumeric.slice(0, 52));
const SCHEME: Uint8Array = tableOf(`${alphanumeric}+-.`);
