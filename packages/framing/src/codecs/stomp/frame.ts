export type StompVersion = '1.0' | '1.1' | '1.2';

/** One frame. Commands and names are as they came: STOMP tells `Receipt` from `receipt`. */
export interface StompFrame {
  readonly command: string;
  /** In the order they came, repeated ones too: the first is the value, the others are what it was before. `stompHeader` finds it. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

export interface StompLimits {
  readonly maxBytes: number;
  readonly maxHeaderBytes: number;
  readonly maxHeaders: number;
}

/** Visible characters of ASCII. Every command there is has capitals only; a request of HTTP does not pass. */
export function isCommand(text: string): boolean {
  return /^[\x21-\x39\x3b-\x7e]+$/.test(text);
}

/** Whether the headers of a frame are escaped. Those of CONNECT and CONNECTED stay as 1.0 had them (1.2, Value Encoding). */
export function isEscaped(version: StompVersion, command: string): boolean {
  return version !== '1.0' && command !== 'CONNECT' && command !== 'CONNECTED';
}

export function escapeHeader(text: string, version: StompVersion): string {
  // Most headers have nothing to escape, and a test costs less than a replacement.
  if (!special.test(text)) return text;
  const escaped = version === '1.2' ? /[\\\n:\r]/g : /[\\\n:]/g;
  return text.replace(escaped, (character) => escapes.get(character) as string);
}

/** `undefined` where an escape is none of the version. */
export function unescapeHeader(text: string, version: StompVersion): string | undefined {
  if (!text.includes('\\')) return text;
  let unknown = 0;
  const plain = text.replace(/\\[^]?/g, (escape) => {
    const character = escape === '\\r' && version !== '1.2' ? undefined : unescapes.get(escape);
    if (character === undefined) unknown++;
    return character ?? '';
  });
  return unknown === 0 ? plain : undefined;
}

const special = /[\\\n:\r]/;
const escapes: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  [':', '\\c'],
  ['\r', '\\r'],
]);
const unescapes: ReadonlyMap<string, string> = new Map(
  Array.from(escapes, ([character, escape]) => [escape, character]),
);

/** The digits of a `content-length`. The examples of 1.0 have a space behind the colon, and its programs trim. */
export function lengthDigits(given: string, version: StompVersion): string | undefined {
  const digits = version === '1.0' ? given.replace(/^ +| +$/g, '') : given;
  return /^[0-9]+$/.test(digits) ? digits : undefined;
}
