import { parseMediaType } from '../fields/media-type.ts';
import { HeaderFields } from '../headers.ts';
import {
  COLON,
  CR,
  equalsIgnoreCase,
  FIELD_VALUE,
  HTAB,
  latin1,
  LF,
  SP,
  TOKEN,
  utf8,
} from '../protocol/octets.ts';
import { parseFormDisposition, type FormDisposition } from './disposition.ts';
import { FormError, type FormErrorCode } from './errors.ts';
import type { FormLimits } from './limits.ts';

/** The head of a part of a form. */
export class PartHead {
  readonly name: string;
  /** As the peer sent it, to be shown and never to be opened: see `safeFilename`. Undefined where the part is no file. */
  readonly filename: string | undefined;
  /** Content-Type as it was sent, of one character an octet; `text/plain` where there is none (RFC 7578 4.4). */
  readonly type: string;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  #headers: HeaderFields | undefined;

  /** With the field lines `bytes[start, end)`, which are valid. */
  constructor(
    name: string,
    filename: string | undefined,
    type: string,
    bytes: Uint8Array,
    start: number,
    end: number,
  ) {
    this.name = name;
    this.filename = filename;
    this.type = type;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  get headers(): HeaderFields {
    return (this.#headers ??= new HeaderFields(this.#bytes, this.#start, this.#end));
  }

  /** It has a filename, if an empty one. */
  get isFile(): boolean {
    return this.filename !== undefined;
  }

  /** The `charset` of its type. */
  get charset(): string | undefined {
    return this.type === plain ? undefined : parseMediaType(this.type)?.parameters.get('charset');
  }
}

const plain = 'text/plain';

/**
 * Reads the field lines `bytes[start, end)`, each ended by CR LF. Lines may be folded: a body part is made of MIME's fields (RFC 2046 5.1), and
 * programs for mail fold them.
 *
 * @param offset of the head in the form, for errors
 */
export function parsePartHead(
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: FormLimits,
  offset: number,
): PartHead {
  const quick = usualHead(bytes, start, end, limits);
  if (quick !== undefined) return quick;
  const fault = (code: FormErrorCode, message: string): FormError => new FormError(code, message, offset);
  let disposition: FormDisposition | undefined;
  let type: string | undefined;
  let count = 0;
  for (let at = start; at < end;) {
    if (bytes[at] === SP || bytes[at] === HTAB) {
      if (at === start) throw fault('BAD_PART_HEAD', 'a part’s head begins with a folded line');
      const unfolded = unfold(bytes.subarray(start, end));
      return parsePartHead(unfolded, 0, unfolded.length, limits, offset);
    }
    const nameStart = at;
    while (TOKEN[bytes[at] as number] === 1) at++;
    const nameLength = at - nameStart;
    if (nameLength === 0 || bytes[at] !== COLON) throw fault(...badName(bytes[at]));
    at++;
    while (bytes[at] === SP || bytes[at] === HTAB) at++;
    const valueStart = at;
    while (FIELD_VALUE[bytes[at] as number] === 1) at++;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) throw fault(...badValue(bytes[at]));
    let valueEnd = at;
    while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) valueEnd--;
    at += 2;
    if (isUnfolded(bytes, at, end)) {
      if (nameLength === 19 && equalsIgnoreCase(bytes, nameStart, 'content-disposition')) {
        if (disposition !== undefined) throw fault('BAD_PART_HEAD', 'Content-Disposition stands twice');
        disposition = parseFormDisposition(latin1(bytes, valueStart, valueEnd));
        if (disposition === undefined) throw fault('BAD_PART_HEAD', 'no Content-Disposition of a form');
      } else if (nameLength === 12 && equalsIgnoreCase(bytes, nameStart, 'content-type')) {
        if (type !== undefined) throw fault('BAD_PART_HEAD', 'Content-Type stands twice');
        type = latin1(bytes, valueStart, valueEnd);
      } else if (nameLength === 25 && equalsIgnoreCase(bytes, nameStart, 'content-transfer-encoding')) {
        const encoding = latin1(bytes, valueStart, valueEnd);
        if (!isIdentity.test(encoding)) throw fault('UNSUPPORTED_ENCODING', 'a part in a transfer encoding');
      }
    }
    if (++count > limits.maxPartHeadFields) {
      throw fault(
        'PART_HEAD_TOO_LARGE',
        `a part with more than ${String(limits.maxPartHeadFields)} header fields`,
      );
    }
  }
  if (disposition === undefined) throw fault('BAD_PART_HEAD', 'a part without Content-Disposition');
  if (disposition.nameBytes > limits.maxNameBytes) {
    throw fault('NAME_TOO_LONG', `a name of more than ${String(limits.maxNameBytes)} bytes`);
  }
  const { name, filename } = disposition;
  return new PartHead(name, filename, type === undefined || type === '' ? plain : type, bytes, start, end);
}

/** What browsers send for a field: this, a name, a quote and the line end. Worth a look: half of what a small field costs is its head. */
const usual: Uint8Array = utf8('Content-Disposition: form-data; name="');

/** The head where it is the usual one, of a name in which nothing has to be decoded; else `undefined`. */
function usualHead(
  bytes: Uint8Array,
  start: number,
  end: number,
  { maxNameBytes, maxPartHeadFields }: FormLimits,
): PartHead | undefined {
  const nameStart = start + usual.length;
  const nameEnd = end - 3;
  const length = nameEnd - nameStart;
  if (length < 0 || length > maxNameBytes || maxPartHeadFields < 1 || bytes[nameEnd] !== QUOTE)
    return undefined;
  for (let at = 0; at < usual.length; at++) if (bytes[start + at] !== usual[at]) return undefined;
  for (let at = nameStart; at < nameEnd; at++) if (NAME[bytes[at] as number] !== 1) return undefined;
  return new PartHead(latin1(bytes, nameStart, nameEnd), undefined, plain, bytes, start, end);
}

const QUOTE = 0x22;
/** Printable ASCII without `"`, `%` and the backslash. */
const NAME: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) =>
  Number(code >= 0x20 && code < 0x7f && code !== QUOTE && code !== 0x25 && code !== 0x5c),
);

/** What leaves a body as it is (RFC 2045 6.2). */
const isIdentity = /^(?:7bit|8bit|binary|)$/i;

/** A value that goes on in the next line is looked at once that is joined. */
function isUnfolded(bytes: Uint8Array, at: number, end: number): boolean {
  return at >= end || (bytes[at] !== SP && bytes[at] !== HTAB);
}

/** The same without the line ends before a blank (RFC 5322 2.2.3). */
function unfold(lines: Uint8Array): Uint8Array {
  const unfolded = new Uint8Array(lines.length);
  let length = 0;
  for (let at = 0; at < lines.length; at++) {
    const isFold =
      lines[at] === CR && lines[at + 1] === LF && (lines[at + 2] === SP || lines[at + 2] === HTAB);
    if (isFold) at++;
    else unfolded[length++] = lines[at] as number;
  }
  return unfolded.subarray(0, length);
}

function badName(code: number | undefined): [FormErrorCode, string] {
  if (code === LF) return ['BAD_LINE_END', 'LF alone in the head of a part'];
  return ['BAD_PART_HEAD', 'a header name that is no token, or is not followed by a colon at once'];
}

function badValue(code: number | undefined): [FormErrorCode, string] {
  if (code === LF || code === CR) return ['BAD_LINE_END', 'CR or LF alone in the head of a part'];
  return ['BAD_PART_HEAD', 'a control character in a header of a part'];
}
