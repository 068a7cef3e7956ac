import { reasonPhrase, type HeaderList } from '@wirestack/http';

/** What a program's head says (RFC 3875 6). */
export interface CgiHead {
  readonly status: `${number} ${string}`;
  readonly headers: HeaderList;
  /** `Location: /path?query` and nothing that answers besides: the server answers as if that had been asked for. */
  readonly localRedirect?: string;
}

/** Why a head is none. */
export class CgiHeadError extends Error {
  override readonly name = 'CgiHeadError';
}

/** Where the head ends and the body begins, behind the first empty line; -1 while that is not there. Lines end in LF or CR LF (RFC 3875 6.2). */
export function endOfHead(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    const next = bytes[at + 1] === CR ? at + 2 : at + 1;
    if (bytes[next] === LF) return next + 1;
    // An empty line in front of all else: no field at all.
    if (at === 0 || (at === 1 && bytes[0] === CR)) return at + 1;
  }
  return -1;
}

/**
 * Reads a head. Nothing of it goes on as it stands: a CR, LF or NUL inside of a line makes it none.
 *
 * @param isNonParsed it begins with a status line
 * @throws CgiHeadError
 */
export function readHead(text: string, isNonParsed: boolean): CgiHead {
  const lines = text.split(/\r?\n/);
  const fields: (readonly [name: string, value: string])[] = [];
  let status = isNonParsed ? statusLine(lines.shift() ?? '') : undefined;
  let location: string | undefined;
  let hasField = false;
  for (const line of lines) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = trimBlanks(line.slice(colon + 1));
    if (colon < 1 || !token.test(name)) throw new CgiHeadError(`a line of its head that is no field`);
    if (!fieldValue.test(value)) throw new CgiHeadError(`a control character in its ${name}`);
    hasField = true;
    const lower = name.toLowerCase();
    if (lower === 'status' && !isNonParsed) {
      if (status !== undefined) throw new CgiHeadError('two fields Status');
      status = statusOf(value);
    } else if (!ofServer.has(lower)) {
      if (lower === 'location') location = value;
      fields.push([name, value]);
    }
  }
  if (!hasField && !isNonParsed) throw new CgiHeadError('a head without a field');
  if (location === undefined || status !== undefined) return { status: status ?? '200 OK', headers: fields };
  if (!location.startsWith('/')) return { status: '302 Found', headers: fields };
  if (location.startsWith('//') || !isPath(location)) throw new CgiHeadError('a Location that is none');
  return { status: '200 OK', headers: [], localRedirect: location };
}

/** `HTTP/1.0 200 OK` */
function statusLine(line: string): `${number} ${string}` {
  const match = /^HTTP\/\d\.\d (.*)$/.exec(line);
  if (match === null) throw new CgiHeadError('a head that does not begin with a status line');
  return statusOf(match[1] ?? '');
}

function statusOf(value: string): `${number} ${string}` {
  const match = /^([2-9]\d\d)(?: (.*))?$/.exec(value);
  if (match === null || !fieldValue.test(value)) throw new CgiHeadError('a Status that is none');
  const code = Number(match[1]);
  const reason = match[2] ?? '';
  return `${String(code)} ${reason === '' ? reasonPhrase(code) : reason}` as `${number} ${string}`;
}

/** Of a URI, with escapes that decode. */
function isPath(location: string): boolean {
  try {
    decodeURIComponent(location.split('?')[0] as string);
  } catch {
    return false;
  }
  return /^[!-~]+$/.test(location);
}

function trimBlanks(value: string): string {
  return value.replace(/^[ \t]+|[ \t]+$/g, '');
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** HTAB, SP, VCHAR, obs-text. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What belongs to the connection, which is the server's (RFC 9110 7.6.1); old scripts print some of it. */
const ofServer: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['te', 'trailer', 'trailers', 'transfer-encoding', 'upgrade'],
]);

const LF = 0x0a;
const CR = 0x0d;
