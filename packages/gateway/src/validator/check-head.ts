import type { HeaderList } from '@wirestack/http';
import { isHopByHop } from '../hop-by-hop.ts';
import { requireOf, shown } from './rule.ts';

/** What an application said of its response. */
export interface CheckedHead {
  readonly status: number;
  /** -1 where it did not say. */
  readonly contentLength: number;
}

/** What `startResponse` is given (PEP 3333, "The start_response() Callable"). @throws ValidationError */
export function checkHead(status: unknown, headers: unknown): CheckedHead {
  const rule = 'the status is three digits, a space and a reason';
  requireOf('application', typeof status === 'string', rule, `it is ${shown(status)}`);
  requireOf('application', /^[2-9]\d\d /.test(status), rule, `it is ${shown(status)}`);
  const isText = fieldText.test(status);
  requireOf('application', isText, 'the status has no control characters', shown(status));
  requireOf(
    'application',
    Array.isArray(headers),
    'headers are an array of pairs',
    `they are ${shown(headers)}`,
  );
  const code = Number(status.slice(0, 3));
  let contentLength = -1;
  let hasType = false;
  for (const field of headers as HeaderList) {
    checkField(field);
    const [name, value] = field;
    const lower = name.toLowerCase();
    if (lower === 'content-type') hasType = true;
    if (lower !== 'content-length') continue;
    requireOf('application', /^\d+$/.test(value), 'Content-Length is a number of bytes', shown(value));
    contentLength = Number(value);
  }
  const hasNoBody = code === 204 || code === 304;
  if (hasNoBody)
    requireOf('application', !hasType, `${String(code)} has no Content-Type, for it has no content`, '');
  return { status: code, contentLength };
}

function checkField(field: unknown): asserts field is readonly [string, string] {
  requireOf('application', Array.isArray(field) && field.length === 2, 'a header is a pair', shown(field));
  const [name, value] = field as readonly unknown[];
  requireOf('application', typeof name === 'string', 'the name of a header is text', shown(name));
  requireOf(
    'application',
    typeof value === 'string',
    'the value of a header is text',
    `${name} is ${shown(value)}`,
  );
  const isToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name);
  requireOf('application', isToken, 'the name of a header is a token (RFC 9110 5.1)', shown(name));
  requireOf(
    'application',
    name.toLowerCase() !== 'status',
    'Status is no header: it is the first argument',
    '',
  );
  requireOf('application', !/[-_]$/.test(name), 'no name of a header ends in - or _', shown(name));
  requireOf(
    'application',
    !isHopByHop(name),
    'headers of the connection are the server’s (RFC 9110 7.6.1)',
    name,
  );
  const isValue = fieldText.test(value);
  requireOf(
    'application',
    isValue,
    'the value of a header has no control characters, and none above U+00FF',
    `${name}: ${shown(value)}`,
  );
}

/** HTAB, SP, VCHAR, obs-text (RFC 9110 5.5). */
const fieldText = /^[\t\x20-\x7e\x80-\xff]*$/;
