import type { ByteSink } from '../../codec.ts';
import { FramingUsageError } from '../../errors.ts';
import {
  escapeHeader,
  isCommand,
  isEscaped,
  type StompFrame,
  type StompLimits,
  type StompVersion,
  lengthDigits,
} from './frame.ts';

/** Writes one frame, or, where it throws FramingUsageError, nothing. */
export function encodeStomp(
  frame: StompFrame,
  into: ByteSink,
  version: StompVersion,
  limits: StompLimits,
  contentLength: 'always' | 'when-needed',
): void {
  const { command, body } = frame;
  const { maxBytes, maxHeaderBytes, maxHeaders } = limits;
  const headers = withLength(frame, version, contentLength);
  if (!isCommand(command)) throw new FramingUsageError(`${JSON.stringify(command)} is no command`);
  if (headers.length > maxHeaders) throw new FramingUsageError(`more than ${String(maxHeaders)} headers`);
  if (body.length > maxBytes) throw new FramingUsageError(`a body above ${String(maxBytes)} bytes`);
  // 1.1 and 1.2, Body: all other frames MUST NOT have one.
  if (body.length > 0 && version !== '1.0' && !['SEND', 'MESSAGE', 'ERROR'].includes(command)) {
    throw new FramingUsageError(`a ${command} frame with a body`);
  }
  const lines = headers.map((header) => headerLine(header, command, version));
  const text = [command, ...lines, '', ''].join('\n');
  if (/\p{Surrogate}/u.test(text))
    throw new FramingUsageError('a header with half of a surrogate pair in it');
  const head = encoder.encode(text);
  if (head.length > maxHeaderBytes) {
    throw new FramingUsageError(`command and headers have more than ${String(maxHeaderBytes)} bytes`);
  }
  into.append(head);
  into.append(body);
  into.reserve(1)[0] = 0;
}

const encoder = new TextEncoder();

function withLength(
  { headers, body }: StompFrame,
  version: StompVersion,
  contentLength: 'always' | 'when-needed',
): StompFrame['headers'] {
  const given = headers.find(([name]) => name === 'content-length')?.[1];
  if (given !== undefined) {
    if (Number(lengthDigits(given, version) ?? NaN) === body.length) return headers;
    throw new FramingUsageError(`content-length is ${given}, but the body has ${String(body.length)} bytes`);
  }
  const isNeeded = contentLength === 'always' ? body.length > 0 : body.includes(0);
  return isNeeded ? [...headers, ['content-length', String(body.length)]] : headers;
}

function headerLine(header: readonly [string, string], command: string, version: StompVersion): string {
  const [name, value] = header;
  const plain = `${name}:${value}`;
  if (name === '' || plain.includes('\0')) throw unfit(plain, command);
  if (isEscaped(version, command)) return `${escapeHeader(name, version)}:${escapeHeader(value, version)}`;
  const hasLineEnd = plain.includes('\n') || (version === '1.2' && plain.includes('\r'));
  if (hasLineEnd || name.includes(':')) throw unfit(plain, command);
  return plain;
}

function unfit(header: string, command: string): FramingUsageError {
  return new FramingUsageError(`${JSON.stringify(header.slice(0, 80))} cannot be a header of ${command}`);
}
