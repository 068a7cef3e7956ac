import { faultCodes, RpcError, RpcUsageError } from '../../errors.ts';
import type { RpcFault } from '../../errors.ts';
import { settleLimits, type SettledLimits, type XmlRpcLimits } from './limits.ts';
import { XmlRpcDouble } from './values.ts';

/** How values become XML. */
export interface XmlRpcWriteOptions {
  /** Whether null and undefined may be written, as `<nil/>`. Default false, as in Python: it is an extension, and not every peer reads it. */
  readonly allowNone?: boolean;
  readonly limits?: XmlRpcLimits;
}

/**
 * A request.
 *
 * @throws RpcUsageError for a method's name with control characters or markup, and for values that XML-RPC has no form for; RpcError
 *   `TOO_LARGE`
 */
export function encodeCall(
  method: string,
  params: readonly unknown[],
  options: XmlRpcWriteOptions = {},
): string {
  return writeCall(method, params, settleWriting(options));
}

/**
 * The answer of a procedure.
 *
 * @throws RpcUsageError for values that XML-RPC has no form for; RpcError `TOO_LARGE`
 */
export function encodeResponse(value: unknown, options: XmlRpcWriteOptions = {}): string {
  return writeResponse(value, settleWriting(options));
}

/** The answer of a procedure that failed. What XML cannot carry of its message becomes U+FFFD: a fault is always told. */
export function encodeFault(fault: RpcFault): string {
  return `${declaration}<methodResponse><fault><value>${faultStruct(fault)}</value></fault></methodResponse>\n`;
}

/** {@link XmlRpcWriteOptions} with every default. */
export interface WriteSettings {
  readonly allowNone: boolean;
  readonly limits: SettledLimits;
}

export function settleWriting(options: XmlRpcWriteOptions): WriteSettings {
  return { allowNone: options.allowNone ?? false, limits: settleLimits(options.limits) };
}

/** {@link encodeCall} with options that were looked at before. */
export function writeCall(method: string, params: readonly unknown[], settings: WriteSettings): string {
  if (!isMethodName(method)) {
    throw new RpcUsageError(`${JSON.stringify(method.slice(0, 80))} cannot be the name of a method`);
  }
  const writer = new ValueWriter(settings);
  for (const param of params) writer.wrapped('<param><value>', param, '</value></param>');
  const { text } = writer;
  return checkSize(
    `${declaration}<methodCall><methodName>${method}</methodName><params>${text}</params></methodCall>\n`,
    settings,
  );
}

/** {@link encodeResponse} with options that were looked at before. */
export function writeResponse(value: unknown, settings: WriteSettings): string {
  const writer = new ValueWriter(settings);
  writer.value(value);
  return wrapResponse(writer.text, settings);
}

/** A whole answer around the markup of its value. */
export function wrapResponse(value: string, settings: WriteSettings): string {
  return checkSize(
    `${declaration}<methodResponse><params><param><value>${value}</value></param></params></methodResponse>\n`,
    settings,
  );
}

/** The struct of a fault, in an answer of its own or among those of a multicall. */
export function faultStruct(fault: RpcFault): string {
  const text = fault.message.replace(forbidden, '\uFFFD').replace(/[&<>\r]/g, escape);
  const code = (fault.code | 0) === fault.code ? fault.code : faultCodes.internalError;
  return (
    `<struct><member><name>faultCode</name><value><int>${String(code)}</int></value></member>` +
    `<member><name>faultString</name><value><string>${text}</string></value></member></struct>`
  );
}

/** Values → markup, what stands inside `<value>`. */
export class ValueWriter {
  /** What was written. More may be appended. */
  text: string = '';
  readonly #allowNone: boolean;
  readonly #limits: SettledLimits;
  readonly #ancestors: object[] = [];
  readonly #members = new Map<string, string>();
  #count = 0;

  constructor(settings: WriteSettings) {
    this.#allowNone = settings.allowNone;
    this.#limits = settings.limits;
  }

  /** After an error: what was written since `text` was this is taken back. */
  rollBack(text: string): void {
    this.text = text;
    this.#ancestors.length = 0;
  }

  wrapped(before: string, value: unknown, after: string): void {
    this.text += before;
    this.value(value);
    this.text += after;
  }

  value(value: unknown): void {
    this.#countValue();
    switch (typeof value) {
      case 'string':
        this.text += `<string>${escaped(value)}</string>`;
        break;
      case 'number':
        this.text += number(value);
        break;
      case 'boolean':
        this.text += value ? '<boolean>1</boolean>' : '<boolean>0</boolean>';
        break;
      case 'bigint':
        if (BigInt.asIntN(64, value) !== value)
          throw new RpcUsageError('XML-RPC has integers of 64 bits at most');
        this.text += `<i8>${String(value)}</i8>`;
        break;
      case 'object':
        if (value === null) this.#nil();
        else this.#object(value);
        break;
      case 'undefined':
        this.#nil();
        break;
      case 'function':
      case 'symbol':
        throw new RpcUsageError(`XML-RPC has no form for a ${typeof value}`);
    }
  }

  #nil(): void {
    if (!this.#allowNone) throw new RpcUsageError('null and undefined are written only with allowNone');
    this.text += '<nil/>';
  }

  #object(value: object): void {
    if (Array.isArray(value)) this.#array(value);
    else if (value instanceof Date) this.text += dateTime(value);
    else if (value instanceof Uint8Array) this.text += base64(value);
    else if (value instanceof XmlRpcDouble) this.text += `<double>${doubleText(value.value)}</double>`;
    else if (isPlain(value)) this.#struct(value);
    else throw new RpcUsageError(`XML-RPC has no form for ${nameOf(value)}: make it a plain object`);
  }

  #array(value: readonly unknown[]): void {
    this.#enter(value);
    this.text += '<array><data>';
    for (const item of value) this.wrapped('<value>', item, '</value>');
    this.text += '</data></array>';
    this.#ancestors.pop();
  }

  #struct(value: Readonly<Record<string, unknown>>): void {
    this.#enter(value);
    this.text += '<struct>';
    for (const name of Object.keys(value))
      this.wrapped(this.#memberStart(name), value[name], '</value></member>');
    this.text += '</struct>';
    this.#ancestors.pop();
  }

  /** The names of structs repeat: each is escaped once. */
  #memberStart(name: string): string {
    const known = this.#members.get(name);
    if (known !== undefined) return known;
    const markup = `<member><name>${escaped(name)}</name><value>`;
    this.#members.set(name, markup);
    return markup;
  }

  #enter(value: object): void {
    if (this.#ancestors.includes(value)) throw new RpcUsageError('a value that contains itself');
    if (this.#ancestors.length >= this.#limits.maxDepth) {
      throw new RpcUsageError(
        `more than ${String(this.#limits.maxDepth)} arrays and objects inside each other`,
      );
    }
    this.#ancestors.push(value);
  }

  /** Also bounds what few objects that are written many times make. */
  #countValue(): void {
    if (++this.#count > this.#limits.maxValues || this.text.length > this.#limits.maxBytes) {
      throw tooLarge(this.#limits);
    }
  }
}

/** `1`, `1.5`, `1e+300`: the shortest text that reads back as the same number, which Python and all others take. */
function number(value: number): string {
  if ((value | 0) === value && !Object.is(value, -0)) return `<int>${String(value)}</int>`;
  if (!Number.isFinite(value)) throw new RpcUsageError(`XML-RPC has no form for ${String(value)}`);
  return `<double>${doubleText(value)}</double>`;
}

function doubleText(value: number): string {
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function dateTime(date: Date): string {
  const year = date.getUTCFullYear();
  if (Number.isNaN(year)) throw new RpcUsageError('an invalid Date');
  if (year < 0 || year > 9999)
    throw new RpcUsageError(`XML-RPC has years of four digits, and none for ${String(year)}`);
  // toISOString, cut up, takes three times as long.
  const day = `${twoDigits(Math.trunc(year / 100))}${twoDigits(year % 100)}${twoDigits(date.getUTCMonth() + 1)}${twoDigits(date.getUTCDate())}`;
  const time = `${twoDigits(date.getUTCHours())}:${twoDigits(date.getUTCMinutes())}:${twoDigits(date.getUTCSeconds())}`;
  return `<dateTime.iso8601>${day}T${time}</dateTime.iso8601>`;
}

function twoDigits(number: number): string {
  return pairs[number] as string;
}

const pairs: readonly string[] = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'));

function base64(bytes: Uint8Array): string {
  return `<base64>${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}</base64>`;
}

function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function nameOf(value: object): string {
  const { constructor } = value;
  return typeof constructor === 'function' && constructor.name !== ''
    ? `a ${constructor.name}`
    : 'this object';
}

/** CR as a reference: bare, XML has it read as LF. */
function escaped(text: string): string {
  if (!notable.test(text)) return text;
  if (text.search(forbidden) >= 0)
    throw new RpcUsageError('a string with a character that XML forbids: use bytes');
  return text.replace(/[&<>\r]/g, escape);
}

function escape(character: string): string {
  switch (character) {
    case '&':
      return '&amp;';
    case '<':
      return '&lt;';
    case '>':
      return '&gt;';
    default:
      return '&#13;';
  }
}

/* eslint-disable no-control-regex -- control characters are what is looked for */
const notable = /[&<>\r\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/;
const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu;

/** Any name without markup, quotes and control characters: the specification has fewer, but Python's servers have `größe`. */
function isMethodName(name: string): boolean {
  return name !== '' && !/[<>&"'\0-\x20\x7f-\x9f\ufffe\uffff]|\p{Surrogate}/u.test(name);
}
/* eslint-enable no-control-regex */

function checkSize(document: string, { limits }: WriteSettings): string {
  // A unit of UTF-16 is three bytes at most: what is small need not be measured.
  if (document.length * 3 > limits.maxBytes && Buffer.byteLength(document) > limits.maxBytes)
    throw tooLarge(limits);
  return document;
}

function tooLarge(limits: SettledLimits): RpcError {
  const { maxBytes, maxValues } = limits;
  return new RpcError(
    'TOO_LARGE',
    `more than ${String(maxBytes)} bytes or ${String(maxValues)} values to send`,
  );
}

const declaration = '<?xml version="1.0"?>\n';
