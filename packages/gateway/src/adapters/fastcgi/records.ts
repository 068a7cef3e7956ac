import { FrontServerError } from '../../errors.ts';

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
const noBytes = Buffer.alloc(0);

/** Bytes in, records out, however they are cut. A record has 65,535 bytes at most: nothing beyond one waits. */
export class RecordDecoder {
  #bytes: Buffer = noBytes;
  /** Where the next record begins. */
  #at = 0;

  /** @throws FrontServerError for another version than 1 */
  *push(chunk: Uint8Array): Generator<FastCgiRecord, void, undefined> {
    this.#bytes = this.isInside ? Buffer.concat([this.#bytes.subarray(this.#at), chunk]) : asBuffer(chunk);
    this.#at = 0;
    const bytes = this.#bytes;
    while (bytes.length - this.#at >= headerBytes) {
      const at = this.#at;
      if (bytes[at] !== 1) notFastCgi(`version ${String(bytes[at])}, expected 1`);
      const length = ((bytes[at + 4] as number) << 8) | (bytes[at + 5] as number);
      const end = at + headerBytes + length + (bytes[at + 6] as number);
      if (bytes.length < end) break;
      this.#at = end;
      yield {
        type: bytes[at + 1] as number,
        id: ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number),
        content: length === 0 ? noBytes : bytes.subarray(at + headerBytes, at + headerBytes + length),
      };
    }
    // A chunk that is done with need not be kept.
    if (this.isInside) return;
    this.#bytes = noBytes;
    this.#at = 0;
  }

  /** In the middle of a record. */
  get isInside(): boolean {
    return this.#bytes.length > this.#at;
  }
}

/** One record, padded to a multiple of eight bytes, as the specification recommends (3.3). */
export function writeRecord(type: number, id: number, content: Uint8Array): Buffer {
  const padding = -content.length & 7;
  const record = Buffer.alloc(headerBytes + content.length + padding);
  putHeader(record, 0, type, id, content.length);
  record.set(content, headerBytes);
  return record;
}

function putHeader(bytes: Buffer, at: number, type: number, id: number, length: number): void {
  bytes[at] = 1;
  bytes[at + 1] = type;
  bytes[at + 2] = id >> 8;
  bytes[at + 3] = id;
  bytes[at + 4] = length >> 8;
  bytes[at + 5] = length;
  bytes[at + 6] = -length & 7;
  bytes[at + 7] = 0;
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

/**
 * An answer as a whole, or what is left of it: its stream's end and the end of the request are behind it, so that all leaves in one write.
 *
 * ```
 *  STDOUT │ head │ body │ padding   STDOUT, empty   END_REQUEST
 * ```
 *
 * Short text stays text, of one character an octet: a socket writes that in two thirds of the time that a buffer made for it takes.
 *
 * @param head of one character an octet
 */
export function writeAnswer(
  id: number,
  head: string,
  body: Uint8Array | string,
  appStatus: number,
): Buffer | string {
  const end = endOf(id, appStatus);
  if (typeof body === 'string' && head.length + body.length <= maxTextBytes && isAscii(body)) {
    const length = head.length + body.length;
    if (length === 0) return end;
    return headerText(recordType.STDOUT, id, length) + head + body + noughts.slice(0, -length & 7) + end;
  }
  const bytes = Buffer.concat([
    Buffer.from(head, 'latin1'),
    typeof body === 'string' ? Buffer.from(body) : body,
  ]);
  return Buffer.concat([...writeStream(recordType.STDOUT, id, bytes), Buffer.from(end, 'latin1')]);
}

function endOf(id: number, appStatus: number): string {
  return (
    headerText(recordType.STDOUT, id, 0) +
    headerText(recordType.END_REQUEST, id, headerBytes) +
    String.fromCharCode(appStatus >>> 24, (appStatus >> 16) & 255, (appStatus >> 8) & 255, appStatus & 255) +
    requestComplete
  );
}

/** Longer text is walked as fast by what makes bytes of it. */
const maxTextBytes = 16_384;
const noughts = '\0'.repeat(headerBytes);
const requestComplete = `${String.fromCharCode(protocolStatus.REQUEST_COMPLETE)}\0\0\0`;

function headerText(type: number, id: number, length: number): string {
  return String.fromCharCode(1, type, id >> 8, id & 255, length >> 8, length & 255, -length & 7, 0);
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

/** @param appStatus what the program would have returned from `main()` */
export function writeEnd(id: number, appStatus: number, status: number): Buffer {
  const content = Buffer.alloc(8);
  content.writeUInt32BE(appStatus);
  content[4] = status;
  return writeRecord(recordType.END_REQUEST, id, content);
}

/** The same bytes. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
