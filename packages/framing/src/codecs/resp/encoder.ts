import type { ByteSink } from '../../codec.ts';
import { FramingUsageError } from '../../errors.ts';
import type { RespSettings } from './decoder.ts';
import { doubleValue, isBigNumber } from './lines.ts';
import { cr, dollar, lf } from './types.ts';
import {
  RespAttributed,
  RespBigNumber,
  RespDouble,
  RespError,
  RespMap,
  RespNull,
  RespPush,
  RespSet,
  RespSimple,
  RespVerbatim,
  encodeText,
  type RespValue,
} from './values.ts';

/** At and above this, bytes of a string go to the sink as they are. */
const separateFromBytes = 4096;

/**
 * Writes one frame. All of it is looked at before the first byte is written: a value that cannot be sent leaves nothing behind.
 *
 * @throws FramingUsageError for a value that the version has no type for, and for one past a limit.
 */
export function encodeResp(value: RespValue, into: ByteSink, settings: RespSettings): void {
  if (value instanceof Uint8Array && value.length < separateFromBytes && writeString(value, into, settings))
    return;
  const writer = new Writer(settings);
  writer.write(value);
  flush(writer.finish(), into);
}

/** A string that is the frame, without a writer of its own: those of 100 bytes 2.6 times as fast. Answers whether it is within the limit. */
function writeString(value: Uint8Array, into: ByteSink, { maxBytes }: RespSettings): boolean {
  const digits = String(value.length);
  const from = digits.length + 3;
  const end = from + value.length;
  if (end + 2 > maxBytes) return false;
  const room = into.reserve(end + 2);
  room[0] = dollar;
  for (let i = 0; i < digits.length; i++) room[i + 1] = digits.charCodeAt(i);
  room[from - 2] = room[end] = cr;
  room[from - 1] = room[end + 1] = lf;
  room.set(value, from);
  return true;
}

/** Values that are being written, one inside the other: no recursion, as in the decoder. */
interface Open {
  readonly items: readonly RespValue[];
  /** The last item is the value behind attributes. */
  readonly attributed: boolean;
  next: number;
}

class Writer {
  readonly #settings: RespSettings;
  readonly #parts: (string | Uint8Array)[] = [];
  readonly #open: Open[] = [];
  /** Behind the parts. ASCII only. */
  #text = '';
  #bytes = 0;
  #elements = 0;

  constructor(settings: RespSettings) {
    this.#settings = settings;
  }

  write(frame: RespValue): void {
    this.#value(frame);
    for (let open; (open = this.#open.at(-1)) !== undefined;) {
      if (open.next === open.items.length) this.#open.pop();
      else this.#value(open.items[open.next++] as RespValue);
    }
  }

  finish(): (string | Uint8Array)[] {
    this.#cut();
    const { maxBytes } = this.#settings;
    if (this.#bytes > maxBytes)
      throw new FramingUsageError(`the frame has more than ${String(maxBytes)} bytes`);
    return this.#parts;
  }

  #value(value: RespValue): void {
    if (value instanceof Uint8Array) this.#string('$', value);
    else if (typeof value === 'string') this.#line('+', value);
    else if (Array.isArray(value)) this.#aggregate('*', value.length, value);
    else if (typeof value === 'number' || typeof value === 'bigint') this.#integer(value);
    else if (value === null) this.#text += this.#settings.version === 2 ? '$-1\r\n' : '_\r\n';
    else if (value instanceof RespError && !value.isBlob) this.#line('-', value.bytes);
    else if (value instanceof RespSimple) this.#line('+', value.bytes);
    else if (value instanceof RespNull) this.#text += value.of === 'array' ? '*-1\r\n' : '$-1\r\n';
    else this.#resp3(value);
  }

  #resp3(value: RespValue): void {
    if (this.#settings.version === 2) throw new FramingUsageError(`RESP2 has no type for ${named(value)}`);
    if (typeof value === 'boolean') this.#text += value ? '#t\r\n' : '#f\r\n';
    else if (value instanceof RespMap) this.#aggregate('%', value.size, value.flat);
    else if (value instanceof RespSet) this.#aggregate('~', value.items.length, value.items);
    else if (value instanceof RespPush) this.#push(value);
    else if (value instanceof RespAttributed) this.#attributed(value);
    else if (value instanceof RespDouble) this.#double(value);
    else if (value instanceof RespBigNumber) this.#bigNumber(value);
    else if (value instanceof RespVerbatim) this.#verbatim(value);
    else if (value instanceof RespError) this.#string('!', value.bytes);
    else throw new FramingUsageError(`${named(value)} is no RESP value`);
  }

  // ── Aggregates ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #aggregate(type: string, length: number, items: readonly RespValue[], attributed = false): void {
    const { maxDepth, maxElements } = this.#settings;
    this.#elements += items.length;
    if (this.#elements > maxElements)
      throw new FramingUsageError(`more than ${String(maxElements)} elements`);
    this.#text += `${type}${String(length)}\r\n`;
    if (items.length === 0) return;
    if (this.#open.length >= maxDepth) {
      throw new FramingUsageError(`more than ${String(maxDepth)} aggregates in one another`);
    }
    this.#open.push({ items, next: 0, attributed });
  }

  #attributed({ attributes, value }: RespAttributed): void {
    this.#aggregate('|', attributes.size, [...attributes.flat, value], true);
  }

  #push({ items }: RespPush): void {
    const isAtTop = this.#open.every((open) => open.attributed && open.next === open.items.length);
    if (!isAtTop) throw new FramingUsageError('a push inside another value');
    this.#aggregate('>', items.length, items);
  }

  // ── Values ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #integer(value: number | bigint): void {
    const isExact =
      typeof value === 'number' ? Number.isSafeInteger(value) : BigInt.asIntN(64, value) === value;
    if (!isExact) {
      throw new FramingUsageError(`${String(value)} is no integer of 64 bits: RespDouble, RespBigNumber?`);
    }
    this.#text += `:${String(value)}\r\n`;
  }

  #double({ text }: RespDouble): void {
    if (doubleValue(text) === undefined) throw new FramingUsageError(`${JSON.stringify(text)} is no double`);
    this.#text += `,${text}\r\n`;
  }

  #bigNumber({ text }: RespBigNumber): void {
    if (!isBigNumber(text)) throw new FramingUsageError(`${JSON.stringify(text.slice(0, 40))} is no integer`);
    this.#text += `(${text}\r\n`;
  }

  #verbatim({ format, bytes }: RespVerbatim): void {
    const prefix = encodeText(`${format}:`);
    if (prefix.length !== 4)
      throw new FramingUsageError(`a format of ${String(prefix.length - 1)} bytes, not 3`);
    this.#text += `=${String(4 + bytes.length)}\r\n`;
    this.#add(prefix);
    this.#add(bytes);
    this.#text += '\r\n';
  }

  #string(type: string, bytes: Uint8Array): void {
    this.#text += `${type}${String(bytes.length)}\r\n`;
    this.#add(bytes);
    this.#text += '\r\n';
  }

  #line(type: string, content: string | Uint8Array): void {
    if (holdsLineEnd(content)) throw new FramingUsageError('a simple string or error with a line end in it');
    this.#text += type;
    if (typeof content === 'string' && isAscii(content)) this.#text += content;
    else this.#add(typeof content === 'string' ? encodeText(content) : content);
    this.#text += '\r\n';
  }

  #add(bytes: Uint8Array): void {
    this.#cut();
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
  }

  #cut(): void {
    if (this.#text === '') return;
    this.#parts.push(this.#text);
    this.#bytes += this.#text.length;
    this.#text = '';
  }
}

/** Small parts side by side are written into one room. */
function flush(parts: readonly (string | Uint8Array)[], into: ByteSink): void {
  for (let from = 0; from < parts.length;) {
    let to = from;
    let bytes = 0;
    for (let part; (part = parts[to]) !== undefined && !isSeparate(part); to++) bytes += part.length;
    if (to > from) fill(into.reserve(bytes), parts, from, to);
    if (to < parts.length) into.append(parts[to++] as Uint8Array);
    from = to;
  }
}

function isSeparate(part: string | Uint8Array): boolean {
  return typeof part !== 'string' && part.length >= separateFromBytes;
}

function fill(room: Uint8Array, parts: readonly (string | Uint8Array)[], from: number, to: number): void {
  let at = 0;
  for (let index = from; index < to; index++) {
    const part = parts[index] as string | Uint8Array;
    if (typeof part === 'string') {
      for (let i = 0; i < part.length; i++) room[at + i] = part.charCodeAt(i);
    } else {
      room.set(part, at);
    }
    at += part.length;
  }
}

function holdsLineEnd(content: string | Uint8Array): boolean {
  return typeof content === 'string' ? /[\r\n]/.test(content) : content.includes(10) || content.includes(13);
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}

function named(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a value of type ${typeof value}`;
  return `an object of class ${value.constructor.name}`;
}
