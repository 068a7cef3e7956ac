import { tableOf, alphanumeric, COMMA, Cursor, EQUALS } from '../../fields/cursor.ts';
import type { HeaderFields } from '../../headers.ts';
import { SP } from '../../protocol/octets.ts';

/** One way to authenticate that a server offers (RFC 9110 11.3). */
export interface Challenge {
  /** In lower case: `basic`, `digest`. */
  readonly scheme: string;
  /** What some schemes say in place of parameters: `Negotiate YII…`. */
  readonly token68: string | undefined;
  /** By their names in lower case, values without their quotes. */
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * The challenges of `WWW-Authenticate` or `Proxy-Authenticate` (RFC 9110 11.6.1), in the order of the server. One field may hold several, with the same commas
 * between them as between their parameters:
 *
 * ```
 * Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple"
 * └────────────────── one ────────────────────────────────┘└─── another ──────┘
 * ```
 *
 * A name that is followed by `=` is a parameter of the challenge before it; any other begins a challenge. `undefined` where it is malformed, or a parameter stands
 * twice: nobody guesses what a server means by that.
 */
export function parseChallenges(value: string): Challenge[] | undefined {
  const cursor = new Cursor(value);
  const challenges: Challenge[] = [];
  for (;;) {
    skipToElement(cursor);
    if (cursor.isAtEnd()) return challenges;
    const challenge = readChallenge(cursor);
    if (challenge === undefined) return undefined;
    challenges.push(challenge);
  }
}

/** Of all fields of that name; a malformed one is passed over. */
export function challengesOf(headers: HeaderFields, name: string): Challenge[] {
  return headers.getAll(name).flatMap((value) => parseChallenges(value) ?? []);
}

function readChallenge(cursor: Cursor): Challenge | undefined {
  const scheme = cursor.token()?.toLowerCase();
  if (scheme === undefined) return undefined;
  const parameters = new Map<string, string>();
  if (isAtElementEnd(cursor)) return { scheme, token68: undefined, parameters };
  if (cursor.code !== SP) return undefined;
  cursor.skipBlanks();
  const token68 = readToken68(cursor);
  if (token68 !== undefined) return { scheme, token68, parameters };
  do {
    const before = cursor.at;
    const name = readName(cursor);
    if (name === undefined) {
      // The first word behind a scheme has to be its parameter; later ones may be the next scheme.
      cursor.at = before;
      return parameters.size === 0 ? undefined : { scheme, token68: undefined, parameters };
    }
    const text = cursor.tokenOrQuoted();
    if (text === undefined || parameters.has(name) || !isAtElementEnd(cursor)) return undefined;
    parameters.set(name, text);
    skipToElement(cursor);
  } while (!cursor.isAtEnd());
  return { scheme, token68: undefined, parameters };
}

/** `token BWS "=" BWS`, up to the value. */
function readName(cursor: Cursor): string | undefined {
  const name = cursor.token()?.toLowerCase();
  cursor.skipBlanks();
  if (name === undefined || !cursor.take(EQUALS)) return undefined;
  cursor.skipBlanks();
  return name;
}

/** `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`, where it is all of the element. */
function readToken68(cursor: Cursor): string | undefined {
  const before = cursor.at;
  if (cursor.run(TOKEN68) !== undefined) {
    while (cursor.take(EQUALS));
    const text = cursor.text.slice(before, cursor.at);
    if (isAtElementEnd(cursor)) return text;
  }
  cursor.at = before;
  return undefined;
}

/** Leaves the cursor where it is, unless blanks end the element. */
function isAtElementEnd(cursor: Cursor): boolean {
  const before = cursor.at;
  cursor.skipBlanks();
  if (cursor.isAtEnd() || cursor.code === COMMA) return true;
  cursor.at = before;
  return false;
}

/** Empty elements are allowed (RFC 9110 5.6.1.2). */
function skipToElement(cursor: Cursor): void {
  do cursor.skipBlanks();
  while (cursor.take(COMMA));
}

const TOKEN68: Uint8Array = tableOf(`${alphanumeric}-._~+/`);
