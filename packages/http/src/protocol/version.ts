import type { Input } from './input.ts';

const httpVersion = 'HTTP/1.';

/** `HTTP/1.0` or `HTTP/1.1`. */
export const versionLength = 8;

/** @throws HttpProtocolError `BAD_VERSION` `UNSUPPORTED_VERSION` where `bytes[at]` cannot be the byte `index` of a version (RFC 9112 2.3). */
export function checkVersion(input: Input, at: number, index: number): void {
  const code = input.bytes[at] as number;
  if (index < httpVersion.length) {
    if (code === httpVersion.charCodeAt(index)) return;
    if (index !== 5 || !isDigit(code))
      throw input.fault('BAD_VERSION', 'no HTTP version in the first line', at);
  } else {
    if (code === 0x30 || code === 0x31) return;
    if (!isDigit(code)) throw input.fault('BAD_VERSION', 'no HTTP version in the first line', at);
  }
  throw input.fault('UNSUPPORTED_VERSION', 'a version of HTTP that is neither 1.0 nor 1.1', at);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
