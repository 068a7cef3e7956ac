import { formatIpv4, formatIpv6 } from '../address.ts';
import type { ServiceBindingData, ServiceParam, ServiceParamKey } from '../record.ts';
import { missingMandatory, serviceKeyName, serviceKeyNumber, serviceValueFault } from '../service-wire.ts';
import { ipv4Bytes, ipv6Bytes } from './address-text.ts';
import { formatBase64, parseBase64 } from './binary.ts';
import { formatBareString } from './character-string.ts';
import type { Fields } from './fields.ts';
import type { RdataText } from './rdata-text.ts';
import type { Token } from './scanner.ts';
import { quote } from './zone-file-error.ts';

/**
 * SVCB and HTTPS (RFC 9460 2.1). Parameters may stand in any order and are put in that of the wire.
 *
 * ```
 * 16 foo.example.org. alpn="f\\\\oo\\,bar,h2" port=53
 *                           ╰─ a string: f\\oo\,bar,h2 ─ a list (appendix A.1): f\oo,bar and h2
 * ```
 */
export const serviceBindingText: RdataText<ServiceBindingData> = {
  parse(fields) {
    const priority = fields.u16('the priority');
    const target = fields.name('a target name');
    const params: ServiceParam[] = [];
    const seen = new Map<ServiceParamKey, Token>();
    while (!fields.isAtEnd) {
      const token = fields.word('a parameter');
      const param = parseParam(fields, token);
      if (seen.has(param.key)) fields.fail('BAD_RDATA', `a second parameter ${quote(param.key)}`, token);
      seen.set(param.key, token);
      params.push(param);
    }
    params.sort((one, other) => serviceKeyNumber(one.key) - serviceKeyNumber(other.key));
    const missing = missingMandatory(params);
    const demand = seen.get('mandatory');
    if (missing !== undefined && demand !== undefined) {
      fields.fail('BAD_RDATA', `the parameter ${quote(missing)} is mandatory, but absent`, demand);
    }
    // RFC 9460 2.4.3, 7.1.1. An alias has no use for parameters, whatever they are.
    const lone = priority > 0 && !seen.has('alpn') ? seen.get('no-default-alpn') : undefined;
    if (lone !== undefined) fields.fail('BAD_RDATA', '"no-default-alpn" without "alpn"', lone);
    return { priority, target, params };
  },
  format: ({ priority, target, params }) =>
    [String(priority), target.toString(), ...params.map(formatParam)].join(' '),
};

/** `key`, `key=value`, `key="value"`, the last of which is two tokens. */
function parseParam(fields: Fields, token: Token): ServiceParam {
  if (token.isAdjacent) fields.fail('BAD_RDATA', `white space is missing before ${quote(token.text)}`, token);
  const equals = token.text.indexOf('=');
  const name = equals < 0 ? token.text : token.text.slice(0, equals);
  const key = parseKey(fields, name, token);
  const start = equals < 0 ? token.text.length : equals + 1;
  let value: Token = { ...token, text: token.text.slice(start), column: token.column + start };
  const next = fields.peek();
  if (next?.isAdjacent === true && next.isQuoted) {
    if (equals !== token.text.length - 1) fields.fail('BAD_RDATA', 'a quote inside a parameter', next);
    value = fields.token('a value');
  }
  const wire = isGeneric(name) ? fields.bytesOf(value) : valueParsers[key as NamedKey](fields, value);
  const fault = wire.length > 0xffff ? 'a value too long' : serviceValueFault(serviceKeyNumber(key), wire);
  if (fault === undefined) return { key, value: wire };
  return fields.fail('BAD_RDATA', `${fault}: ${quote(token.text)}`, token);
}

/** `key667`, and `key1` for alpn: the value is the string's bytes (RFC 9460 2.1). */
function isGeneric(name: string): boolean {
  return /^key\d/.test(name);
}

function parseKey(fields: Fields, name: string, token: Token): ServiceParamKey {
  const digits = /^key(0|[1-9]\d{0,4})$/.exec(name)?.[1];
  const number = digits === undefined ? 0x1_0000 : Number(digits);
  if (number <= 0xffff) return serviceKeyName(number);
  if (Object.hasOwn(valueParsers, name)) return name as ServiceParamKey;
  return fields.fail('BAD_RDATA', `${quote(name)} is no key of a service binding`, token);
}

type NamedKey = Exclude<ServiceParamKey, `key${number}`>;

const valueParsers: Readonly<Record<NamedKey, (fields: Fields, value: Token) => Uint8Array>> = {
  mandatory: parseMandatory,
  alpn: parseProtocols,
  'no-default-alpn': (fields, value) => fields.bytesOf(value),
  port(fields, value) {
    const port = /^\d{1,5}$/.test(value.text) ? Number(value.text) : 0x1_0000;
    if (port <= 0xffff) return Uint8Array.of(port >>> 8, port & 0xff);
    return fields.fail('BAD_RDATA', `expected a port, found ${quote(value.text)}`, value);
  },
  ipv4hint: (fields, value) => parseHints(fields, value, 'IPv4', ipv4Bytes),
  ech(fields, value) {
    const bytes = parseBase64(value.text);
    if (bytes !== undefined) return bytes;
    return fields.fail('BAD_RDATA', `expected base 64, found ${quote(value.text)}`, value);
  },
  ipv6hint: (fields, value) => parseHints(fields, value, 'IPv6', ipv6Bytes),
  dohpath: (fields, value) => fields.bytesOf(value),
};

/** Keys by name, in any order (RFC 9460 8). Neither they nor addresses may be escaped. */
function parseMandatory(fields: Fields, value: Token): Uint8Array {
  const keys = value.text.split(',').map((name) => serviceKeyNumber(parseKey(fields, name, value)));
  keys.sort((one, other) => one - other);
  if (new Set(keys).size < keys.length) fields.fail('BAD_RDATA', 'a key twice in "mandatory"', value);
  return Uint8Array.from(keys.flatMap((key) => [key >>> 8, key & 0xff]));
}

function parseHints(
  fields: Fields,
  value: Token,
  family: string,
  parse: (text: string) => Uint8Array | undefined,
): Uint8Array {
  return concat(
    value.text.split(',').map((text) => {
      const address = parse(text);
      if (address !== undefined) return address;
      return fields.fail('BAD_RDATA', `expected an ${family} address, found ${quote(text)}`, value);
    }),
  );
}

/** A value-list of appendix A.1, read from the bytes of the string: commas part, `\,` and `\\` are the bytes themselves. */
function parseProtocols(fields: Fields, value: Token): Uint8Array {
  const items: number[][] = [[]];
  const bytes = fields.bytesOf(value);
  for (let at = 0; at < bytes.length; at++) {
    let byte = bytes[at] as number;
    if (byte === comma) {
      items.push([]);
      continue;
    }
    if (byte === backslash) {
      byte = bytes[++at] ?? 0;
      if (byte !== comma && byte !== backslash) {
        fields.fail(
          'BAD_ESCAPE',
          `a backslash before neither comma nor backslash: ${quote(value.text)}`,
          value,
        );
      }
    }
    (items.at(-1) as number[]).push(byte);
  }
  for (const { length } of items) {
    if (length === 0 || length > 255) {
      const reason = `a protocol of ${String(length)} bytes, expected 1 to 255: ${quote(value.text)}`;
      fields.fail('BAD_RDATA', reason, value);
    }
  }
  return concat(items.map((item) => Uint8Array.of(item.length, ...item)));
}

const comma = 0x2c;
const backslash = 0x5c;

function formatParam({ key, value }: ServiceParam): string {
  if (isGeneric(key)) return value.length === 0 ? key : `${key}=${formatBareString(value)}`;
  const text = formatters[key as NamedKey](value);
  return text === '' ? key : `${key}=${text}`;
}

const formatters: Readonly<Record<NamedKey, (value: Uint8Array) => string>> = {
  mandatory: (value) =>
    chunks(value, 2)
      .map((key) => serviceKeyName(u16(key)))
      .join(','),
  alpn: formatProtocols,
  'no-default-alpn': () => '',
  port: (value) => String(u16(value)),
  ipv4hint: (value) =>
    chunks(value, 4)
      .map((address) => formatIpv4(address, 0))
      .join(','),
  ech: formatBase64,
  ipv6hint: (value) =>
    chunks(value, 16)
      .map((address) => formatIpv6(address, 0))
      .join(','),
  dohpath: formatBareString,
};

function formatProtocols(value: Uint8Array): string {
  const list: number[] = [];
  for (let at = 0; at < value.length; at += 1 + (value[at] as number)) {
    if (at > 0) list.push(comma);
    for (const byte of value.subarray(at + 1, at + 1 + (value[at] as number))) {
      if (byte === comma || byte === backslash) list.push(backslash);
      list.push(byte);
    }
  }
  return formatBareString(Uint8Array.from(list));
}

function chunks(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: bytes.length / size }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

function u16(bytes: Uint8Array): number {
  return ((bytes[0] as number) << 8) | (bytes[1] as number);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
