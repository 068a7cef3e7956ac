import { HttpUsageError } from '../errors.ts';
import { TOKEN } from '../protocol/octets.ts';
import { COMMA, Cursor, DIGIT, EQUALS, isAll } from './cursor.ts';
import { parseList } from './list.ts';
import { formatValue, formatQuotedString, requireToken, unwritable } from './quoted-string.ts';

/** The directives of `Cache-Control`, of requests and responses (RFC 9111 5.2, RFC 5861, RFC 8246). Times are seconds. */
export interface CacheControl {
  readonly maxAge?: number;
  readonly sMaxage?: number;
  /** `Infinity` for `max-stale` without a number: stale by any time. */
  readonly maxStale?: number;
  readonly minFresh?: number;
  readonly staleWhileRevalidate?: number;
  readonly staleIfError?: number;
  /** `true`, or only these fields (names in lower case). */
  readonly noCache: boolean | readonly string[];
  /** `true`, or only these fields (names in lower case). */
  readonly private: boolean | readonly string[];
  readonly noStore: boolean;
  readonly noTransform: boolean;
  readonly onlyIfCached: boolean;
  readonly mustRevalidate: boolean;
  readonly mustUnderstand: boolean;
  readonly proxyRevalidate: boolean;
  readonly public: boolean;
  readonly immutable: boolean;
  /** All others, by their names in lower case; `undefined` for those without a value. */
  readonly extensions: ReadonlyMap<string, string | undefined>;
}

type Duration = 'maxAge' | 'sMaxage' | 'maxStale' | 'minFresh' | 'staleWhileRevalidate' | 'staleIfError';
type Scope = 'noCache' | 'private';
type Flag = Exclude<keyof CacheControl, Duration | Scope | 'extensions'>;

const durations: ReadonlyMap<string, Duration> = new Map([
  ['max-age', 'maxAge'],
  ['s-maxage', 'sMaxage'],
  ['max-stale', 'maxStale'],
  ['min-fresh', 'minFresh'],
  ['stale-while-revalidate', 'staleWhileRevalidate'],
  ['stale-if-error', 'staleIfError'],
]);
const scopes: ReadonlyMap<string, Scope> = new Map([
  ['no-cache', 'noCache'],
  ['private', 'private'],
]);
const flags: ReadonlyMap<string, Flag> = new Map([
  ['no-store', 'noStore'],
  ['no-transform', 'noTransform'],
  ['only-if-cached', 'onlyIfCached'],
  ['must-revalidate', 'mustRevalidate'],
  ['must-understand', 'mustUnderstand'],
  ['proxy-revalidate', 'proxyRevalidate'],
  ['public', 'public'],
  ['immutable', 'immutable'],
]);

/** What an age beyond any clock is taken for (RFC 9111 1.2.2). */
const maxSeconds = 2_147_483_648;

type Plain = Omit<CacheControl, Scope | 'extensions'>;
/** What is being read. Names of a scope may stand more than once until all is. */
type Directives = { -readonly [K in keyof Plain]: Plain[K] } & {
  noCache: boolean | string[];
  private: boolean | string[];
  extensions: Map<string, string | undefined>;
};

/**
 * `Cache-Control`. It always answers: an element that is malformed is passed over and the others count, for to ignore the field would
 * let a cache keep what `private` stands beside. In doubt what caches less is read:
 *
 * - `max-age` and `s-maxage` that are no number are 0, stale (RFC 9111 4.2.1); other times that are none are as if they were not there
 * - of a time that stands twice the first counts (4.2.1); a number beyond 2^31 is 2^31 (1.2.2)
 * - `no-cache` and `private` with fields are the whole as soon as they stand without, or with names that are none
 * - values are read as tokens and quoted strings both (5.2); one given to a directive that has none is passed over
 */
export function parseCacheControl(value: string): CacheControl {
  const cursor = new Cursor(value);
  const directives = emptyDirectives();
  while (!cursor.isAtEnd()) {
    cursor.skipBlanks();
    const name = cursor.token()?.toLowerCase();
    const hasArgument = name !== undefined && cursor.take(EQUALS);
    const argument = hasArgument ? cursor.tokenOrQuoted() : undefined;
    cursor.skipBlanks();
    const isMalformed =
      !(cursor.isAtEnd() || cursor.code === COMMA) || (hasArgument && argument === undefined);
    if (name !== undefined) add(directives, name, isMalformed ? undefined : argument, isMalformed);
    // Not skipElement(): an open quote would hide all directives behind it. Nor is any quote tried twice, for one inside it that stands
    // behind `=` would have closed it.
    const comma = value.indexOf(',', cursor.at);
    cursor.at = comma < 0 ? value.length : comma + 1;
  }
  for (const scope of scopes.values()) {
    const names = directives[scope];
    if (typeof names !== 'boolean') directives[scope] = [...new Set(names)];
  }
  return directives;
}

/**
 * The directives as text, in the order of {@link CacheControl}; empty where there are none.
 *
 * @throws HttpUsageError `BAD_FIELD` for a time that is no whole number from 0 on (`Infinity` is for `maxStale`), a list of no fields, a name
 *   that is no token or one of the directives', a value with control characters or above U+00FF.
 */
export function formatCacheControl(directives: Partial<CacheControl>): string {
  const parts: string[] = [];
  for (const [name, key] of durations) {
    const seconds = directives[key];
    if (seconds !== undefined) parts.push(formatDuration(name, seconds));
  }
  for (const [name, key] of scopes) {
    const scope = directives[key] ?? false;
    if (scope !== false) parts.push(scope === true ? name : `${name}=${formatFieldNames(name, scope)}`);
  }
  for (const [name, key] of flags) if (directives[key] === true) parts.push(name);
  const seen = new Set<string>();
  for (const [name, value] of directives.extensions ?? []) {
    const key = requireToken('a cache directive', name).toLowerCase();
    if (isKnown(key) || seen.has(key))
      throw new HttpUsageError('BAD_FIELD', `directive ${name} stands twice`);
    seen.add(key);
    parts.push(value === undefined ? name : `${name}=${formatValue(value)}`);
  }
  return parts.join(', ');
}

function emptyDirectives(): Directives {
  return {
    noCache: false,
    private: false,
    noStore: false,
    noTransform: false,
    onlyIfCached: false,
    mustRevalidate: false,
    mustUnderstand: false,
    proxyRevalidate: false,
    public: false,
    immutable: false,
    extensions: new Map(),
  };
}

/** `argument` is `undefined` where there is none, and where the element is malformed. */
function add(directives: Directives, name: string, argument: string | undefined, isMalformed: boolean): void {
  const duration = durations.get(name);
  const scope = scopes.get(name);
  const flag = flags.get(name);
  if (duration !== undefined) {
    const seconds = directives[duration] ?? secondsOf(duration, argument, isMalformed);
    if (seconds !== undefined) directives[duration] = seconds;
  } else if (scope !== undefined) {
    widen(directives, scope, argument);
  } else if (flag !== undefined) {
    if (!isMalformed || !isPermissive(flag)) directives[flag] = true;
  } else if (!isMalformed && !directives.extensions.has(name)) {
    directives.extensions.set(name, argument);
  }
}

function secondsOf(
  duration: Duration,
  argument: string | undefined,
  isMalformed: boolean,
): number | undefined {
  if (isAll(DIGIT, argument)) return Math.min(Number(argument), maxSeconds);
  if (duration === 'maxStale' && argument === undefined && !isMalformed) return Infinity;
  return duration === 'maxAge' || duration === 'sMaxage' ? 0 : undefined;
}

/** Without an argument, or with one that is no list of names, all fields are meant. */
function widen(directives: Directives, scope: Scope, argument: string | undefined): void {
  const before = directives[scope];
  if (before === true) return;
  const names = parseList(argument ?? '').map((name) => name.toLowerCase());
  if (names.length === 0 || !names.every((name) => isAll(TOKEN, name))) directives[scope] = true;
  else if (before === false) directives[scope] = names;
  else for (const name of names) before.push(name);
}

/** What lets a cache keep more must be well-formed to count; `must-understand` does, for it takes the place of `no-store` (5.2.2.3). */
function isPermissive(flag: Flag): boolean {
  return flag === 'public' || flag === 'immutable' || flag === 'mustUnderstand';
}

function formatDuration(name: string, seconds: number): string {
  if (name === 'max-stale' && seconds === Infinity) return name;
  if (!Number.isSafeInteger(seconds) || seconds < 0) {
    throw new HttpUsageError('BAD_FIELD', `${name} is ${String(seconds)}, expected whole seconds`);
  }
  return `${name}=${String(seconds)}`;
}

function formatFieldNames(name: string, fields: readonly string[]): string {
  if (fields.length === 0) throw unwritable(name, 'a list of no fields');
  return formatQuotedString(fields.map((field) => requireToken(`a field of ${name}`, field)).join(', '));
}

function isKnown(name: string): boolean {
  return durations.has(name) || scopes.has(name) || flags.has(name);
}
