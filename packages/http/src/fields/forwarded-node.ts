import { alphanumeric, DIGIT, isAll, tableOf } from './cursor.ts';
import { isIpv4, isIpv6 } from './ip-address.ts';
import { unwritable } from './quoted-string.ts';

/** Who took part in passing a request on (`node` of RFC 7239 6). A port is a number, or a pseudonym of one: `_` and more. */
export type ForwardedNode = AddressNode | ObfuscatedNode | UnknownNode;

/** An address: IPv6 without its brackets, in the spelling it came in. */
export interface AddressNode {
  readonly kind: 'ip';
  readonly address: string;
  readonly port?: number | string;
}

/** A pseudonym, `_` and more: the same one means the same node, to whoever made it. */
export interface ObfuscatedNode {
  readonly kind: 'obfuscated';
  readonly name: string;
  readonly port?: number | string;
}

/** The proxy does not know, or does not say. */
export interface UnknownNode {
  readonly kind: 'unknown';
  readonly port?: number | string;
}

/**
 * `node` of RFC 7239 6: `192.0.2.43:47011`, `[2001:db8::17]`, `unknown`, `_hidden:_port`. `undefined` for all else: a host name, an IPv6
 * address without brackets, a port above 65,535.
 */
export function parseForwardedNode(text: string): ForwardedNode | undefined {
  const isBracketed = text.startsWith('[');
  const close = text.indexOf(']');
  if (isBracketed && close < 0) return undefined;
  const colon = isBracketed ? close + 1 : text.indexOf(':');
  const end = colon < 0 ? text.length : colon;
  const name = parseName(isBracketed ? text.slice(1, close) : text.slice(0, end), isBracketed);
  if (name === undefined || end === text.length) return name;
  const port = text[end] === ':' ? parsePort(text.slice(end + 1)) : undefined;
  return port === undefined ? undefined : { ...name, port };
}

/**
 * The text that {@link parseForwardedNode} reads, IPv6 in brackets.
 *
 * @throws HttpUsageError `BAD_FIELD` for an address, pseudonym or port that is none.
 */
export function formatForwardedNode(node: ForwardedNode): string {
  const text = nameOf(node) + (node.port === undefined ? '' : `:${String(node.port)}`);
  const read = parseForwardedNode(text);
  if (read?.kind === node.kind && read.port === node.port) return text;
  throw unwritable('a node of Forwarded', text);
}

function nameOf(node: ForwardedNode): string {
  switch (node.kind) {
    case 'ip':
      return node.address.includes(':') ? `[${node.address}]` : node.address;
    case 'obfuscated':
      return node.name;
    case 'unknown':
      return 'unknown';
  }
}

function parseName(text: string, isBracketed: boolean): ForwardedNode | undefined {
  if (isBracketed) return isIpv6(text) ? { kind: 'ip', address: text } : undefined;
  if (isIpv4(text)) return { kind: 'ip', address: text };
  if (isPseudonym(text)) return { kind: 'obfuscated', name: text };
  return text.toLowerCase() === 'unknown' ? { kind: 'unknown' } : undefined;
}

/** `node-port`: up to five digits, or a pseudonym. */
function parsePort(text: string): number | string | undefined {
  if (text.length <= 5 && isAll(DIGIT, text)) return Number(text) <= 65_535 ? Number(text) : undefined;
  return isPseudonym(text) ? text : undefined;
}

/** `obfnode`, `obfport`: `"_" 1*( ALPHA / DIGIT / "." / "_" / "-" )`. */
function isPseudonym(text: string): boolean {
  return text.startsWith('_') && isAll(PSEUDONYM, text.slice(1));
}

const PSEUDONYM: Uint8Array = tableOf(`${alphanumeric}._-`);
