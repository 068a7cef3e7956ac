import type { ByteSink, Codec, Encoder } from '@wirestack/framing/codecs';
import { HttpUsageError } from '../errors.ts';
import { isAll } from '../fields/cursor.ts';
import type { HeaderList } from '../headers.ts';
import { FIELD_VALUE, utf8 } from '../protocol/octets.ts';
import { checkFields } from '../protocol/writer.ts';
import { checkBoundary } from './boundary.ts';
import { DelimiterSearch } from './delimiter-search.ts';
import { formatFormDisposition } from './disposition.ts';
import type { FormLimits } from './limits.ts';
import { MultipartDecoder } from './multipart-decoder.ts';
import type { FormEndEvent, MultipartEvent, PartDataEvent, PartEndEvent } from './multipart-events.ts';

/** The head of a part to send. That of a part that was received is one, too; its further headers are not sent on. */
export interface OutgoingPartHead {
  readonly name: string;
  readonly filename?: string | undefined;
  /** Default: none for a field, `application/octet-stream` for a file. */
  readonly type?: string | undefined;
}

/** What an encoder takes: the events of a decoder. */
export type OutgoingMultipart =
  { readonly type: 'part'; readonly head: OutgoingPartHead } | PartDataEvent | PartEndEvent | FormEndEvent;

/** A boundary as a codec: bytes to events, and events to bytes. For forms from one pair of hands to the next; to send one see `multipartBody`. */
export function multipart(
  boundary: string,
  limits: Partial<FormLimits> = {},
): Codec<MultipartEvent, OutgoingMultipart> {
  return {
    name: 'multipart',
    decoder: () => new MultipartDecoder(boundary, limits),
    encoder: () => new MultipartEncoder(boundary),
  };
}

/**
 * Events of a form to its bytes. Data that contain the boundary are refused.
 *
 * @throws HttpUsageError `BAD_STATE` for an event out of turn, `BAD_BODY` for data that contain the boundary, `BAD_FIELD` for a head that cannot
 *   be written
 */
export class MultipartEncoder implements Encoder<OutgoingMultipart> {
  readonly #boundary: string;
  readonly #guard: BoundaryGuard;
  #isInPart = false;
  #isOver = false;

  /** @throws HttpUsageError `BAD_OPTION` for what is no boundary (RFC 2046 5.1.1) */
  constructor(boundary: string) {
    this.#boundary = checkBoundary(boundary);
    this.#guard = new BoundaryGuard(boundary);
  }

  encode(event: OutgoingMultipart, into: ByteSink): void {
    const isBetween = event.type === 'part' || event.type === 'end';
    if (this.#isOver || isBetween === this.#isInPart) {
      throw new HttpUsageError('BAD_STATE', `${event.type} ${this.#isInPart ? 'in' : 'outside'} a part`);
    }
    switch (event.type) {
      case 'part':
        into.append(utf8(formatPartHead(this.#boundary, event.head)));
        this.#guard.restart();
        this.#isInPart = true;
        break;
      case 'data':
        this.#guard.check(event.bytes);
        into.append(event.bytes);
        break;
      case 'part-end':
        into.append(lineEnd);
        this.#isInPart = false;
        break;
      case 'end':
        into.append(utf8(lastDelimiter(this.#boundary)));
        this.#isOver = true;
        break;
    }
  }
}

export const lineEnd: Uint8Array = Uint8Array.of(13, 10);

/** What ends a form. The line end before it belongs to the part that came before. */
export function lastDelimiter(boundary: string): string {
  return `--${boundary}--\r\n`;
}

/**
 * A boundary and the head behind it, to be sent as UTF-8.
 *
 * @throws HttpUsageError `BAD_FIELD` for a name, type or header that would break the head
 */
export function formatPartHead(boundary: string, head: OutgoingPartHead, headers: HeaderList = []): string {
  const { name, filename, type = filename === undefined ? undefined : 'application/octet-stream' } = head;
  let text = `--${boundary}\r\nContent-Disposition: ${formatFormDisposition(name, filename)}\r\n`;
  if (type !== undefined) {
    if (!isAll(FIELD_VALUE, type)) throw new HttpUsageError('BAD_FIELD', 'a type that is no field value');
    text += `Content-Type: ${type}\r\n`;
  }
  if (headers.length > 0) {
    checkFields(headers);
    for (const [field, value] of headers) {
      if (isOurs.test(field)) throw new HttpUsageError('BAD_FIELD', `${field} is not for the caller to set`);
      text += `${field}: ${value}\r\n`;
    }
  }
  return `${text}\r\n`;
}

const isOurs = /^content-(?:disposition|type|transfer-encoding|length)$/i;

/** Refuses data in which a receiver would find the boundary, in however many pieces. */
export class BoundaryGuard {
  readonly #search: DelimiterSearch;

  constructor(boundary: string) {
    this.#search = new DelimiterSearch(utf8(`\r\n--${boundary}`));
    this.restart();
  }

  /** Before the data of a part: the line end of its head begins a delimiter. */
  restart(): void {
    this.#search.matched = 2;
  }

  /** @throws HttpUsageError `BAD_BODY` */
  check(bytes: Uint8Array): void {
    if (this.#search.find(bytes, 0, bytes.length) >= 0) {
      throw new HttpUsageError('BAD_BODY', 'the content of a part contains the boundary');
    }
  }
}
