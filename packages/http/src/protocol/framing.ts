import type { HttpProtocolError } from '../errors.ts';
import type { FieldParser } from './field-parser.ts';
import type { Input } from './input.ts';
import type { MessageRules } from './limits.ts';
import { CR, trimBlanks } from './octets.ts';

/**
 * How the end of a body is known by the fields of its message (RFC 9112 6.3), without the leniencies of that clause: what two readers could
 * understand differently is refused. `none` where no field says anything, or the length is 0.
 *
 * @throws HttpProtocolError `CONFLICTING_FRAMING` `BAD_TRANSFER_ENCODING` `UNKNOWN_TRANSFER_CODING` `BODY_TOO_LARGE`
 */
export function framingOf(
  fields: FieldParser,
  isVersion11: boolean,
  rules: MessageRules,
  input: Input,
): 'none' | 'length' | 'chunked' {
  const { transferEncoding, contentLength } = fields;
  if (hasNoBody(fields)) return 'none';
  if (transferEncoding === undefined) {
    if (contentLength <= rules.maxBodyBytes) return 'length';
    const message = `a body of more than ${String(rules.maxBodyBytes)} bytes`;
    throw input.fault('BODY_TOO_LARGE', message, emptyLine(fields, input));
  }
  if (contentLength >= 0 && !rules.allowTransferEncodingWithContentLength) {
    const message = 'both Transfer-Encoding and Content-Length';
    throw input.fault('CONFLICTING_FRAMING', message, emptyLine(fields, input));
  }
  if (isVersion11 && transferEncoding === 'chunked') return 'chunked';
  throw codingFault(transferEncoding, isVersion11, input, emptyLine(fields, input));
}

/** No field says that there is a body, as in most requests. */
export function hasNoBody(fields: FieldParser): boolean {
  return fields.transferEncoding === undefined && fields.contentLength <= 0;
}

/** Where the section of a complete head ends: what it lacks or contradicts is known there. */
export function emptyLine(fields: FieldParser, input: Input): number {
  const end = input.position + fields.offset;
  return input.bytes[end - 2] === CR ? end - 2 : end - 1;
}

function codingFault(text: string, isVersion11: boolean, input: Input, at: number): HttpProtocolError {
  const malformed = (message: string): HttpProtocolError => input.fault('BAD_TRANSFER_ENCODING', message, at);
  if (!isVersion11) return malformed('Transfer-Encoding in HTTP/1.0');
  const codings = text.split(',').map((coding) => trimBlanks(coding));
  if (codings.at(-1) !== 'chunked') return malformed('chunked is not the last transfer coding');
  if (codings.filter((coding) => coding === 'chunked').length > 1) return malformed('chunked twice');
  if (codings.includes('')) return malformed('an empty transfer coding');
  return input.fault('UNKNOWN_TRANSFER_CODING', 'a transfer coding besides chunked', at);
}
