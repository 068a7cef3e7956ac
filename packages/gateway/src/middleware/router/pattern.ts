import { pathConverterName, shown, type PathConverter } from './converters.ts';

/** One segment of a pattern: text, or one parameter with text around it. */
export type Segment = LiteralSegment | ParameterSegment;

interface LiteralSegment {
  readonly literal: string;
  readonly converter?: undefined;
}

/** `{name:str}.json` */
interface ParameterSegment {
  readonly prefix: string;
  readonly suffix: string;
  readonly name: string;
  readonly converter: PathConverter;
}

/** A pattern, taken apart. */
export interface Pattern {
  /** As it was written. */
  readonly text: string;
  readonly segments: readonly Segment[];
  /** Of its parameters, in their order. */
  readonly names: readonly string[];
  /** Without names: two patterns of one shape match the same paths. */
  readonly shape: string;
}

/**
 * Takes `/users/{id:int}/files/{path:path}` apart. It begins with a slash and has no empty segment but the last; a segment has one parameter at most; `path` is there once,
 * with slashes on both sides. What stands outside of braces is compared decoded, as `PATH_INFO` is.
 *
 * @throws TypeError for what is malformed, a name that stands twice, and a converter that nobody has.
 */
export function parsePattern(text: string, converters: ReadonlyMap<string, PathConverter>): Pattern {
  if (typeof text !== 'string' || !text.startsWith('/')) fail(text, 'a pattern begins with a slash');
  const parts = text.slice(1).split('/');
  if (parts.slice(0, -1).includes('')) fail(text, 'a segment is empty');
  const segments = parts.map((part) => parseSegment(text, part, converters));
  const names: string[] = [];
  let paths = 0;
  for (const segment of segments) {
    if (segment.converter === undefined) continue;
    if (names.includes(segment.name)) fail(text, `${segment.name} stands twice`);
    names.push(segment.name);
    if (segment.converter.name !== pathConverterName) continue;
    if (segment.prefix !== '' || segment.suffix !== '') fail(text, 'a path has slashes on both sides');
    // With two of them a path could be cut in as many ways as it has slashes.
    if (++paths > 1) fail(text, 'there is more than one path');
  }
  return { text, segments, names, shape: segments.map(shapeOf).join('') };
}

function parseSegment(text: string, part: string, converters: ReadonlyMap<string, PathConverter>): Segment {
  if (!part.includes('{') && !part.includes('}')) return { literal: part };
  const match = /^([^{}]*)\{([A-Za-z_]\w*)(?::(\w+))?\}([^{}]*)$/.exec(part);
  if (match === null) return fail(text, `${shown(part)} is no text with one {name} or {name:converter}`);
  const [, prefix = '', name = '', kind = 'str', suffix = ''] = match;
  if (name === '__proto__') return fail(text, 'that name would change what it is put into');
  const converter = converters.get(kind);
  if (converter === undefined) return fail(text, `there is no converter ${kind}`);
  return { prefix, suffix, name, converter };
}

function shapeOf(segment: Segment): string {
  if (segment.converter === undefined) return `/${segment.literal}`;
  return `/${segment.prefix}{${segment.converter.name}}${segment.suffix}`;
}

function fail(text: string, reason: string): never {
  throw new TypeError(`pattern ${shown(text)}: ${reason}`);
}

/**
 * The path of a pattern with its parameters in it, percent-encoded.
 *
 * @throws TypeError for a parameter that is missing, or that its converter could not have given
 */
export function formatPattern(pattern: Pattern, params: Readonly<Record<string, unknown>>): string {
  return pattern.segments
    .map((segment) => {
      if (segment.converter === undefined) return `/${encodeSegments(segment.literal)}`;
      const { prefix, suffix, name, converter } = segment;
      const value = Object.hasOwn(params, name) ? params[name] : undefined;
      if (value === undefined) throw new TypeError(`pattern ${shown(pattern.text)}: ${name} is missing`);
      return `/${encodeSegments(prefix + converter.format(value) + suffix)}`;
    })
    .join('');
}

/** Percent-encodes what may not stand in a path (RFC 3986 3.3); slashes stay. Half of a surrogate pair becomes U+FFFD, as elsewhere in UTF-8. */
export function encodeSegments(path: string): string {
  return path.replace(/[^\w\-.~!$&'()*+,;=:@/]+/gu, (text) => {
    const whole = text.replace(/[\ud800-\udfff]/gu, '\ufffd');
    return encodeURIComponent(whole);
  });
}
