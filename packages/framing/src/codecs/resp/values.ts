import { FramingUsageError } from '../../errors.ts';

/**
 * What a RESP frame is. Each type of the wire has one of the program, so that what was decoded is encoded to the same bytes:
 *
 * ```
 * +OK          'OK'                     *2 …   [ … ]                  ,1.5    RespDouble
 * $2 … OK      Uint8Array               _      null                   (1234…  RespBigNumber
 * :42          42                       #t     true                   =7 txt: RespVerbatim
 * :2^60        a bigint                 %1 …   RespMap                -ERR …  RespError     (!9 … with isBlob)
 * $-1          null, in version 2       ~2 …   RespSet                >2 …    RespPush
 * *-1          RespNull                 |1 …   RespAttributed         +\xff   RespSimple
 * ```
 */
export type RespValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | RespValue[]
  | RespMap
  | RespSet
  | RespPush
  | RespAttributed
  | RespError
  | RespDouble
  | RespBigNumber
  | RespVerbatim
  | RespNull
  | RespSimple;

/** A failure that the peer reports: a value like others, since in a pipeline it is one answer of many. */
export class RespError {
  readonly bytes: Uint8Array;
  /** Sent as `!`, which may hold any byte, and not as a line. RESP3. */
  readonly isBlob: boolean;

  /** @param message a code in capitals, a space, the text. */
  constructor(message: string | Uint8Array, { blob = false }: { readonly blob?: boolean } = {}) {
    this.bytes = typeof message === 'string' ? encodeText(message) : message;
    this.isBlob = blob;
  }

  /** The whole of it. Bytes that are no UTF-8 are U+FFFD here: redis cuts long commands that it quotes anywhere. */
  get message(): string {
    return lossyText(this.bytes);
  }

  /** The first word: `ERR`, `WRONGTYPE`, `MOVED`. */
  get code(): string {
    return this.message.split(' ', 1)[0] as string;
  }

  toString(): string {
    return this.message;
  }
}

/** A simple string of bytes that are no UTF-8: Lua scripts can answer one. */
export class RespSimple {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** The nulls that are not the one of the version: `*-1` (an aborted EXEC, a BLPOP that timed out), in version 3 also `$-1`. */
export class RespNull {
  readonly of: 'array' | 'bulk';

  constructor(of: 'array' | 'bulk') {
    this.of = of;
  }
}

/** A floating-point number, apart from the integers: 2.0 is not 2. */
export class RespDouble {
  readonly value: number;
  /** As it is on the wire: redis sends 3.1 as 3.1000000000000001. */
  readonly text: string;

  constructor(value: number, text: string = doubleText(value)) {
    this.value = value;
    this.text = text;
  }
}

/** An integer of any size. */
export class RespBigNumber {
  readonly text: string;

  /** @param value digits, with `-` before them or not. */
  constructor(value: bigint | string) {
    this.text = String(value);
  }

  /** Read when it is asked for: a megabyte of digits takes long. */
  get value(): bigint {
    return BigInt(this.text);
  }
}

/** Text to be shown as it is: a report of the server. */
export class RespVerbatim {
  /** Three letters: `txt`, `mkd`. */
  readonly format: string;
  readonly bytes: Uint8Array;

  constructor(format: string, content: string | Uint8Array) {
    this.format = format;
    this.bytes = typeof content === 'string' ? encodeText(content) : content;
  }

  /** Bytes that are no UTF-8 are U+FFFD here. */
  get text(): string {
    return lossyText(this.bytes);
  }
}

/** Pairs in the order they came, with keys of any type and repeated ones kept. */
export class RespMap {
  /** A key, its value, a key, its value. */
  readonly flat: RespValue[];

  constructor(flat: RespValue[] = []) {
    if (flat.length % 2 !== 0) throw new FramingUsageError('a map with a key and no value');
    this.flat = flat;
  }

  static of(entries: Iterable<readonly [RespValue, RespValue]>): RespMap {
    return new RespMap(Array.from(entries).flatMap(([key, value]) => [key, value]));
  }

  get size(): number {
    return this.flat.length / 2;
  }

  /** The value of the first key that is this text, as a simple string or as bytes. Looks at one key after the other. */
  get(key: string): RespValue | undefined {
    for (let i = 0; i < this.flat.length; i += 2) {
      const found = this.flat[i];
      if (found === key || (found instanceof Uint8Array && lossyText(found) === key)) return this.flat[i + 1];
    }
    return undefined;
  }

  *[Symbol.iterator](): Generator<[RespValue, RespValue], void, undefined> {
    for (let i = 0; i < this.flat.length; i += 2) {
      yield [this.flat[i] as RespValue, this.flat[i + 1] as RespValue];
    }
  }
}

/** Items in the order they came. The wire forbids no repetition. */
export class RespSet {
  readonly items: RespValue[];

  constructor(items: RespValue[] = []) {
    this.items = items;
  }
}

/** Out of band: no answer to anything. Only at the top level. */
export class RespPush {
  readonly items: RespValue[];

  constructor(items: RespValue[]) {
    this.items = items;
  }

  /** What it is about: `message`, `invalidate`; '' where the first item is no text. */
  get kind(): string {
    const [first] = this.items;
    return first instanceof Uint8Array ? lossyText(first) : typeof first === 'string' ? first : '';
  }
}

/** A value that attributes were sent along with. They say something about it and are no part of it. */
export class RespAttributed {
  readonly attributes: RespMap;
  readonly value: RespValue;

  constructor(attributes: RespMap, value: RespValue) {
    this.attributes = attributes;
    this.value = value;
  }
}

function doubleText(value: number): string {
  if (value === Infinity) return 'inf';
  if (value === -Infinity) return '-inf';
  return Number.isNaN(value) ? 'nan' : Object.is(value, -0) ? '-0' : String(value);
}

/** @throws FramingUsageError for half of a surrogate pair, which UTF-8 does not have. */
export function encodeText(text: string): Uint8Array {
  if (text.length <= maxShortText) {
    const bytes = shortAscii(text);
    if (bytes !== undefined) return bytes;
  }
  const bytes = encoder.encode(text);
  // As many bytes as characters are ASCII.
  if (bytes.length !== text.length && /\p{Surrogate}/u.test(text)) {
    throw new FramingUsageError('text with half of a surrogate pair in it');
  }
  return bytes;
}

/** Most words of a command are: up to here the loop is faster than the call of a TextEncoder. */
const maxShortText = 48;

function shortAscii(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return undefined;
    bytes[i] = code;
  }
  return bytes;
}

const encoder = new TextEncoder();

const lossy = new TextDecoder('utf-8', { ignoreBOM: true });

function lossyText(bytes: Uint8Array): string {
  return lossy.decode(bytes);
}
