import type { ByteSink } from '../codec.ts';
import { FramingUsageError } from '../errors.ts';

export type TextEncoding = 'utf8' | 'latin1';

/** How text becomes bytes, and back. No byte of a character's is below 0x80 unless it is the character: lines can be cut in either. */
export interface TextCoding {
  /** `undefined`: the bytes are no text. */
  decode(bytes: Uint8Array): string | undefined;
  /** As `decode`, of bytes that end with a whole character, of many lines at once. `undefined` also where `byteLength` of parts of the text would not be that of their bytes. */
  decodeBlock(bytes: Uint8Array): string | undefined;
  /** Whether bytes that are no text lack only the end of their last character. */
  isCutShort(bytes: Uint8Array): boolean;
  byteLength(text: string): number;
  encode(text: string): Uint8Array;
  /** A writer of lines with this behind each. Throws `FramingUsageError` for text above `maxBytes` or that would not come back. */
  lineWriter(ending: Uint8Array, maxBytes: number): (line: string, into: ByteSink) => void;
}

/** @throws FramingUsageError for an encoding that there is not. */
export function textCoding(encoding: TextEncoding, fatal: boolean): TextCoding {
  if (encoding === 'utf8') return utf8(fatal);
  if ((encoding as string) !== 'latin1') throw new FramingUsageError(`encoding is ${encoding as string}`);
  return latin1;
}

const utf8Encoder = new TextEncoder();
/** Of text up to this many characters the bytes are put in their place without an array of their own: twice as fast. */
const shortText = 512;

function utf8(fatal: boolean): TextCoding {
  // A byte order mark would vanish or not by where the input is cut.
  const decoder = new TextDecoder('utf-8', { fatal, ignoreBOM: true });
  const decode = (bytes: Uint8Array): string | undefined => {
    try {
      return decoder.decode(bytes);
    } catch {
      return undefined;
    }
  };
  let wasAscii = true;
  let streaming: InstanceType<typeof TextDecoder> | undefined;
  /** Node decodes text of ASCII at thrice the speed when it gets it whole, other text at 1.6 times when it does not. */
  const decodeAsBefore = (bytes: Uint8Array): string | undefined => {
    if (wasAscii) return decode(bytes);
    try {
      return (streaming ??= new TextDecoder('utf-8', { fatal, ignoreBOM: true })).decode(bytes, {
        stream: true,
      });
    } catch {
      streaming = undefined;
      return undefined;
    }
  };
  return {
    decode,
    decodeBlock(bytes) {
      const text = decodeAsBefore(bytes);
      wasAscii = text?.length === bytes.length;
      return fatal || text?.includes('\ufffd') === false ? text : undefined;
    },
    isCutShort(bytes) {
      try {
        new TextDecoder('utf-8', { fatal }).decode(bytes, { stream: true });
        return true;
      } catch {
        return false;
      }
    },
    byteLength: utf8Length,
    encode: (text) => utf8Encoder.encode(text),
    lineWriter(ending, maxBytes) {
      const scratch = new Uint8Array(3 * shortText);
      return (line, into) => {
        if (line.length > shortText) {
          const bytes = utf8Encoder.encode(line);
          checkUtf8(line, bytes.length, maxBytes);
          into.append(bytes);
          into.append(ending);
          return;
        }
        const { written } = utf8Encoder.encodeInto(line, scratch);
        checkUtf8(line, written, maxBytes);
        const room = into.reserve(written + ending.length);
        room.set(scratch.subarray(0, written));
        for (let i = 0; i < ending.length; i++) room[written + i] = ending[i] as number;
      };
    },
  };
}

function checkUtf8(text: string, bytes: number, maxBytes: number): void {
  checkLength(bytes, maxBytes);
  if (bytes !== text.length && /[\ud800-\udfff]/u.test(text)) {
    throw new FramingUsageError('the line contains half of a surrogate pair, which UTF-8 cannot carry');
  }
}

function checkLength(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw new FramingUsageError(`the line has more than ${String(maxBytes)} bytes`);
}

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // Each half of a surrogate pair is two of its four bytes.
    if (unit >= 0x80) bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
}

const asciiDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
/** Little-endian, as all machines are that this runs on. */
const utf16Decoder = new TextDecoder('utf-16le', { ignoreBOM: true });

/** ISO 8859-1, whose bytes are code points; `TextDecoder` has Windows-1252 under that name. */
const latin1: TextCoding = {
  decode(bytes) {
    // Bytes that UTF-8 has a character each for are ASCII, or no UTF-8. Thrice as fast as to widen them.
    const text = asciiDecoder.decode(bytes);
    if (text.length === bytes.length && !text.includes('\ufffd')) return text;
    return utf16Decoder.decode(new Uint16Array(bytes));
  },
  decodeBlock: (bytes) => latin1.decode(bytes),
  isCutShort: () => false,
  byteLength: (text) => text.length,
  encode(text) {
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
  },
  lineWriter(ending, maxBytes) {
    return (line, into) => {
      checkLength(line.length, maxBytes);
      for (let i = 0; i < line.length; i++) {
        if (line.charCodeAt(i) > 0xff) throw new FramingUsageError('the line has a character above U+00FF');
      }
      const room = into.reserve(line.length + ending.length);
      for (let i = 0; i < line.length; i++) room[i] = line.charCodeAt(i);
      room.set(ending, line.length);
    };
  },
};
