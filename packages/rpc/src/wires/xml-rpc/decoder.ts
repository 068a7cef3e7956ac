import { RpcFault } from '../../errors.ts';
import { XmlRpcFormatError } from './errors.ts';
import { settleLimits, type SettledLimits, type XmlRpcLimits } from './limits.ts';
import { scan } from './prolog.ts';
import { parseBase64, parseDateTime, parseDouble, parseInteger } from './scalars.ts';
import type { Scanner } from './scanner.ts';
import { tag, type Tag } from './tags.ts';
import type { XmlRpcValue } from './values.ts';

/** A `<methodCall>`. */
export interface XmlRpcCall {
  readonly method: string;
  readonly params: XmlRpcValue[];
}

/**
 * Reads a request.
 *
 * @throws XmlRpcFormatError, whose codes are told there
 */
export function decodeCall(document: Uint8Array | string, limits?: XmlRpcLimits): XmlRpcCall {
  return readCall(document, settleLimits(limits));
}

/**
 * Reads an answer: the value of the procedure.
 *
 * @throws RpcFault, if that is the answer; XmlRpcFormatError
 */
export function decodeResponse(document: Uint8Array | string, limits?: XmlRpcLimits): XmlRpcValue {
  return readResponse(document, settleLimits(limits));
}

/** {@link decodeCall} with limits that were looked at before. */
export function readCall(document: Uint8Array | string, limits: SettledLimits): XmlRpcCall {
  const scanner = scan(document, limits.maxBytes);
  scanner.root(tags.methodCall);
  scanner.open(tags.methodName);
  const method = scanner.text();
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (method === '' || /[\0-\x1f\x7f]/.test(method)) scanner.fail('BAD_STRUCTURE', 'no name of a method');
  scanner.end(tags.methodName);
  const params = new ValueReader(scanner, limits).params();
  scanner.end(tags.methodCall);
  scanner.finish();
  return { method, params };
}

/** {@link decodeResponse} with limits that were looked at before. */
export function readResponse(document: Uint8Array | string, limits: SettledLimits): XmlRpcValue {
  const scanner = scan(document, limits.maxBytes);
  scanner.root(tags.methodResponse);
  const reader = new ValueReader(scanner, limits);
  const isFault = scanner.tryStart(tags.fault);
  if (isFault) {
    scanner.requireContent(tags.fault);
    const at = scanner.position;
    const fault = reader.value();
    scanner.end(tags.fault);
    scanner.end(tags.methodResponse);
    scanner.finish();
    throw (
      toRpcFault(fault) ??
      new XmlRpcFormatError('BAD_STRUCTURE', 'a fault without faultCode and faultString', at)
    );
  }
  const at = scanner.position;
  const params = reader.params();
  scanner.end(tags.methodResponse);
  scanner.finish();
  if (params.length !== 1) scanner.fail('BAD_STRUCTURE', 'an answer is one value', at);
  return params[0] as XmlRpcValue;
}

/** A struct that says what went wrong, in an answer or in one of a multicall's; `undefined` for any other value. */
export function toRpcFault(value: XmlRpcValue): RpcFault | undefined {
  if (typeof value !== 'object' || value === null || !('faultCode' in value)) return undefined;
  const { faultCode, faultString } = value;
  return typeof faultCode === 'number' && typeof faultString === 'string'
    ? new RpcFault(faultCode, faultString)
    : undefined;
}

/** Values, one inside the other. Each method begins behind its start tag and reads its end tag. */
class ValueReader {
  readonly #scanner: Scanner;
  readonly #limits: SettledLimits;
  #depth = 0;
  #count = 0;

  constructor(scanner: Scanner, limits: SettledLimits) {
    this.#scanner = scanner;
    this.#limits = limits;
  }

  params(): XmlRpcValue[] {
    const scanner = this.#scanner;
    const params: XmlRpcValue[] = [];
    if (!scanner.tryStart(tags.params) || scanner.isEmptyElement) return params;
    while (!scanner.tryEnd(tags.params)) {
      scanner.open(tags.param);
      params.push(this.value());
      scanner.end(tags.param);
    }
    return params;
  }

  value(): XmlRpcValue {
    const scanner = this.#scanner;
    scanner.start(tags.value);
    if (++this.#count > this.#limits.maxValues) {
      scanner.fail('TOO_MANY_VALUES', `more than ${String(this.#limits.maxValues)} values`);
    }
    if (scanner.isEmptyElement) return '';
    const start = scanner.position;
    scanner.skipBlank();
    let value: XmlRpcValue;
    if (scanner.isAtStart()) {
      value = this.#typed();
    } else {
      scanner.position = start;
      value = scanner.text();
    }
    scanner.end(tags.value);
    return value;
  }

  /** The types as they are nearly always written, then any way of writing one. */
  #typed(): XmlRpcValue {
    const scanner = this.#scanner;
    for (const type of typesByLetter[scanner.letter] ?? types) {
      if (scanner.take(type.tag)) return this.#content(type.kind, type.tag);
    }
    const at = scanner.position;
    const name = scanner.startAny();
    // Extensions have a prefix: `ex:i8`.
    const local = name.slice(name.indexOf(':') + 1);
    const type = types.find((known) => known.tag.name === local);
    if (type === undefined) return scanner.fail('BAD_VALUE', `<${name.slice(0, 40)}> is no type`, at);
    return this.#content(type.kind, local === name ? type.tag : tag(name));
  }

  #content(kind: Kind, type: Tag): XmlRpcValue {
    switch (kind) {
      case 'struct':
        return this.#struct(type);
      case 'array':
        return this.#array(type);
      case 'nil':
        return this.#scalar(type, (text) => (text === '' ? null : undefined));
      case 'string':
        return this.#text(type);
      case 'double':
        return this.#scalar(type, parseDouble);
      case 'boolean':
        return this.#scalar(type, (text) => (text === '1' ? true : text === '0' ? false : undefined));
      case 'dateTime':
        return this.#scalar(type, parseDateTime);
      case 'base64':
        return this.#scalar(type, parseBase64);
      case 8:
      case 16:
      case 32:
      case 64:
        return this.#integer(type, kind);
    }
  }

  #struct(type: Tag): XmlRpcValue {
    const scanner = this.#scanner;
    const struct: Record<string, XmlRpcValue> = {};
    this.#enter();
    const isEmpty = scanner.isEmptyElement;
    while (!isEmpty && !scanner.tryEnd(type)) {
      scanner.open(tags.member);
      scanner.open(tags.name);
      const name = scanner.memberName();
      scanner.end(tags.name);
      const value = this.value();
      scanner.end(tags.member);
      if (name.isOrdinary) struct[name.text] = value;
      else
        Object.defineProperty(struct, name.text, {
          value,
          writable: true,
          enumerable: true,
          configurable: true,
        });
    }
    this.#depth--;
    return struct;
  }

  #array(type: Tag): XmlRpcValue {
    const scanner = this.#scanner;
    const array: XmlRpcValue[] = [];
    this.#enter();
    scanner.requireContent(type);
    scanner.start(tags.data);
    if (!scanner.isEmptyElement) {
      while (!scanner.tryEnd(tags.data)) array.push(this.value());
    }
    scanner.end(type);
    this.#depth--;
    return array;
  }

  #integer(type: Tag, bits: 8 | 16 | 32 | 64): XmlRpcValue {
    const scanner = this.#scanner;
    const small = bits >= 32 && !scanner.isEmptyElement ? scanner.smallInt() : undefined;
    if (small === undefined) return this.#scalar(type, (text) => parseInteger(text, bits));
    scanner.end(type);
    return small;
  }

  #scalar(type: Tag, parse: (text: string) => XmlRpcValue | undefined): XmlRpcValue {
    const scanner = this.#scanner;
    const at = scanner.position;
    const value = parse(this.#text(type));
    return value === undefined ? scanner.fail('BAD_VALUE', `no ${type.name}`, at) : value;
  }

  #text(type: Tag): string {
    const scanner = this.#scanner;
    if (scanner.isEmptyElement) return '';
    const text = scanner.text();
    scanner.end(type);
    return text;
  }

  #enter(): void {
    if (++this.#depth > this.#limits.maxDepth) {
      this.#scanner.fail(
        'TOO_DEEP',
        `more than ${String(this.#limits.maxDepth)} arrays and structs inside each other`,
      );
    }
  }
}

type Kind =
  'struct' | 'array' | 'nil' | 'string' | 'double' | 'boolean' | 'dateTime' | 'base64' | 8 | 16 | 32 | 64;

interface Type {
  readonly kind: Kind;
  readonly tag: Tag;
}

/** The more common ones first: they are tried in turn. */
const types: readonly Type[] = (
  [
    ['string', 'string'],
    ['int', 32],
    ['struct', 'struct'],
    ['boolean', 'boolean'],
    ['double', 'double'],
    ['dateTime.iso8601', 'dateTime'],
    ['i4', 32],
    ['array', 'array'],
    ['base64', 'base64'],
    ['nil', 'nil'],
    ['i8', 64],
    ['i1', 8],
    ['i2', 16],
    ['float', 'double'],
    ['dateTime', 'dateTime'],
  ] as const
).map(([name, kind]) => ({ kind, tag: tag(name) }));

/** Those that begin with a letter, by its byte. */
const typesByLetter: readonly (readonly Type[])[] = Array.from({ length: 256 }, (_, byte) =>
  types.filter((type) => type.tag.name.charCodeAt(0) === byte),
);

const tags = {
  methodCall: tag('methodCall'),
  methodName: tag('methodName'),
  methodResponse: tag('methodResponse'),
  params: tag('params'),
  param: tag('param'),
  fault: tag('fault'),
  value: tag('value'),
  member: tag('member'),
  name: tag('name'),
  data: tag('data'),
} as const;
