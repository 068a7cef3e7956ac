import { FrontServerError } from '../../errors.ts';
import { addVariable } from '../variables-environ.ts';

/** The types of records (FastCGI 1.0 8). */
export const recordType = {
  BEGIN_REQUEST: 1,
  ABORT_REQUEST: 2,
  END_REQUEST: 3,
  PARAMS: 4,
  STDIN: 5,
  STDOUT: 6,
  STDERR: 7,
  DATA: 8,
  GET_VALUES: 9,
  GET_VALUES_RESULT: 10,
  UNKNOWN_TYPE: 11,
} as const;

/** How a request ended, as far as the protocol is concerned. */
export const protocolStatus = { REQUEST_COMPLETE: 0, CANT_MPX_CONN: 1, UNKNOWN_ROLE: 3 } as const;

/**
 * ```
 *  01 05 00 01 00 03 05 00   61 62 63   00 00 00 00 00
 *  │  │  └id─┘ └len┘ └padding 5         dropped
 *  │  └type STDIN
 *  └version 1
 * ```
 */
export interface FastCgiRecord {
  readonly type: number;
  /** 0: of the connection, not of a request. */
  readonly id: number;
  readonly content: Uint8Array;
}

/** @throws always */
export function notFastCgi(message: string): never {
  throw new FrontServerError('FastCGI', message);
}

const headerBytes = 8;

/** Bytes in, records out, however they are cut. A record has 65,535 bytes at most: nothing beyond one waits. */
export class RecordDecoder {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws FrontServerError for another version than 1 */
  *push(chunk: Uint8Array): Generator<FastCgiRecord, void, undefined> {
    let bytes = this.#rest.length === 0 ? asBuffer(chunk) : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= headerBytes) {
      if (bytes[0] !== 1) notFastCgi(`version ${String(bytes[0])}, expected 1`);
      const contentEnd = headerBytes + bytes.readUInt16BE(4);
      const end = contentEnd + bytes.readUInt8(6);
      if (bytes.length < end) break;
      const record = {
        type: bytes.readUInt8(1),
        id: bytes.readUInt16BE(2),
        content: bytes.subarray(headerBytes, contentEnd),
      };
      bytes = bytes.subarray(end);
      this.#rest = bytes;
      yield record;
    }
    this.#rest = bytes;
  }

  /** In the middle of a record. */
  get isInside(): boolean {
    return this.#rest.length > 0;
  }
}

/** One record, padded to a multiple of eight bytes, as the specification recommends (3.3). */
export function writeRecord(type: number, id: number, content: Uint8Array): Buffer {
  const padding = -content.length & 7;
  const record = Buffer.alloc(headerBytes + content.length + padding);
  record[0] = 1;
  record[1] = type;
  record.writeUInt16BE(id, 2);
  record.writeUInt16BE(content.length, 4);
  record[6] = padding;
  record.set(content, headerBytes);
  return record;
}

/** A stream's bytes in as many records as they take; none for no bytes, for an empty one is its end. */
export function writeStream(type: number, id: number, bytes: Uint8Array): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += maxStreamBytes) {
    records.push(writeRecord(type, id, bytes.subarray(at, at + maxStreamBytes)));
  }
  return records;
}

/** The largest content that needs no padding. */
const maxStreamBytes = 65_528;

/** @param appStatus what the program would have returned from `main()` */
export function writeEnd(id: number, appStatus: number, status: number): Buffer {
  const content = Buffer.alloc(8);
  content.writeUInt32BE(appStatus);
  content[4] = status;
  return writeRecord(recordType.END_REQUEST, id, content);
}

/**
 * Names and values, each behind its length: one byte up to 127, four with the highest bit set above (3.4). Text of one character an octet.
 *
 * @throws FrontServerError where a length leads beyond the end, or a name that is no header field's stands twice
 */
export function readPairs(bytes: Uint8Array): Map<string, string> {
  const buffer = asBuffer(bytes);
  const pairs = new Map<string, string>();
  let at = 0;
  const length = (): number => {
    const first = buffer[at];
    if (first === undefined) notFastCgi('a pair without a length');
    if (first < 0x80) {
      at++;
      return first;
    }
    if (at + 4 > buffer.length) notFastCgi('a length that ends early');
    at += 4;
    return buffer.readUInt32BE(at - 4) & 0x7f_ff_ff_ff;
  };
  const text = (size: number): string => {
    if (at + size > buffer.length) notFastCgi('a pair that ends early');
    at += size;
    return buffer.toString('latin1', at - size, at);
  };
  while (at < buffer.length) {
    const nameLength = length();
    const valueLength = length();
    const name = text(nameLength);
    if (!addVariable(pairs, name, text(valueLength))) notFastCgi(`${JSON.stringify(name)} stands twice`);
  }
  return pairs;
}

export function writePairs(pairs: Iterable<readonly [name: string, value: string]>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of pairs) {
    parts.push(lengthOf(name), lengthOf(value), Buffer.from(name, 'latin1'), Buffer.from(value, 'latin1'));
  }
  return Buffer.concat(parts);
}

function lengthOf({ length }: string): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length + 0x80_00_00_00);
  return bytes;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
