import type { RecordContext } from '../records/presentation/record-text.ts';
import type { ResourceRecord } from '../records/record.ts';
import { Scanner, type Entry, type Token } from '../records/presentation/scanner.ts';
import { Fields } from '../records/presentation/fields.ts';
import { quote, ZoneFileError } from '../records/presentation/zone-file-error.ts';

/** What the templates of one record may become, in characters: an owner takes 1,010 at most, all of it as `\DDD`. */
const maxExpanded = 4096;

/**
 * The records of a `$GENERATE` line, BIND's extension:
 *
 * ```
 * $GENERATE 1-3       host$ A 192.0.2.$             host1 A 192.0.2.1, host2 A 192.0.2.2, host3 A 192.0.2.3
 * $GENERATE 0-4/2     h${10,3}  MX "10 mail$"       h010 MX 10 mail0, h012 MX 10 mail2, h014 MX 10 mail4
 * $GENERATE 10-10     a${0,0,x} CNAME b\$           aa CNAME b$
 *           range                    ${offset,width,base}: d o x X, or n N for nibbles: 1f as f.1
 * ```
 *
 * They are read as lines of their own, and are not what later lines take their owner from.
 */
export function* generate(entry: Entry, context: RecordContext, maxSteps: number): Generator<ResourceRecord> {
  const { range, tokens } = readLine(entry);
  const steps = Math.floor((range.last - range.first) / range.step) + 1;
  if (steps > maxSteps) {
    const reason = `${String(steps)} records from one $GENERATE, the limit is ${String(maxSteps)}`;
    throw new ZoneFileError('GENERATE_LIMIT', reason, range.token);
  }
  const { owner, class: recordClass, lastTtl } = context;
  for (let index = 0; index < steps; index++) {
    const value = range.first + index * range.step;
    yield readGenerated(
      tokens.map((token) => expand(token, value)),
      tokens,
      context,
    );
  }
  Object.assign(context, { owner, class: recordClass, lastTtl });
}

interface Range {
  readonly first: number;
  readonly last: number;
  readonly step: number;
  readonly token: Token;
}

/** The range, and all that comes behind it: owner, TTL, class, type, data. */
function readLine(entry: Entry): { range: Range; tokens: readonly Token[] } {
  const fields: Fields = new Fields(entry, undefined);
  fields.token('$GENERATE');
  const token = fields.word('a range', 'BAD_GENERATE');
  const parts = /^(\d{1,10})-(\d{1,10})(?:\/(\d{1,10}))?$/.exec(token.text);
  const [first = -1, last = -1, step = 1] = (parts?.slice(1) ?? []).map((part?: string) => Number(part ?? 1));
  if (first < 0 || last < first || last > maxValue || step < 1) {
    fields.fail('BAD_GENERATE', `expected a range such as 1-10 or 0-8/2, found ${quote(token.text)}`, token);
  }
  const tokens = [fields.word('an owner name', 'BAD_NAME'), fields.word('a type', 'UNKNOWN_TYPE')];
  tokens.push(fields.token('data'));
  while (!fields.isAtEnd) {
    const before = tokens.at(-1) as Token;
    if (before.isQuoted)
      fields.fail('EXTRA_FIELD', 'data behind a quoted template, which must be the last', before);
    tokens.push(fields.token('data'));
  }
  return { range: { first, last, step, token }, tokens };
}

const maxValue = 0x7fff_ffff;

/** Reads what the templates became; an error in it stands at the template. */
function readGenerated(
  texts: readonly string[],
  tokens: readonly Token[],
  context: RecordContext,
): ResourceRecord {
  const line = texts.join(' ');
  if (line.length > maxExpanded) {
    const reason = `a record of ${String(line.length)} characters, the limit is ${String(maxExpanded)}`;
    throw new ZoneFileError('GENERATE_LIMIT', reason, tokens.at(-1) as Token);
  }
  try {
    return context.read(new Scanner(line, line.length).next() as Entry);
  } catch (error) {
    if (!(error instanceof ZoneFileError)) throw error;
    let index = 0;
    for (let end = 0; index < texts.length - 1; index++) {
      end += (texts[index] as string).length + 1;
      if (error.column <= end) break;
    }
    throw new ZoneFileError(error.code, `${error.reason}, in ${quote(line)}`, tokens[index] as Token);
  }
}

/** The template with the value in its places. A quoted one is the text between the quotes, in which `\"` is a quote. */
function expand(token: Token, value: number): string {
  const template = token.isQuoted
    ? token.text.replace(/\\(.)/g, (whole, next) => (next === '"' ? '"' : whole))
    : token.text;
  return template.replace(/\\.|\$\$|\$(?:\{([^}]*)\})?/gs, (place: string, modifier?: string) => {
    if (place.startsWith('\\')) return place;
    if (place === '$$') return '$';
    return modifier === undefined ? String(value) : formatValue(value, modifier, token);
  });
}

/** What stands between the braces of `${offset,width,base}`. */
function formatValue(iteration: number, modifier: string, token: Token): string {
  const parts = /^([+-]?\d{1,10})(?:,(\d{1,3})(?:,([doxXnN]))?)?$/.exec(modifier);
  if (parts === null) {
    const reason = `expected \${offset,width,base}, found ${quote(`\${${modifier}}`)}`;
    throw new ZoneFileError('BAD_GENERATE', reason, token);
  }
  const [, offset, width = '0', base = 'd'] = parts;
  const value = iteration + Number(offset);
  if (value < 0 || value > maxValue) {
    const reason = `${String(value)}, where 0 to 2^31 - 1 is expected, from ${quote(`\${${modifier}}`)}`;
    throw new ZoneFileError('BAD_GENERATE', reason, token);
  }
  if (base === 'n' || base === 'N') return nibbles(value, Number(width), base === 'N');
  const radix = base === 'd' ? 10 : base === 'o' ? 8 : 16;
  const digits = value.toString(radix).padStart(Number(width), '0');
  return base === 'X' ? digits.toUpperCase() : digits;
}

/** Hexadecimal digits from the lowest up, dots between, as `ip6.arpa` has them. The width counts digits and dots. */
function nibbles(value: number, width: number, upper: boolean): string {
  let text = '';
  let left = width;
  let rest = value;
  do {
    text += (rest & 15).toString(16);
    rest >>>= 4;
    left--;
    if (left > 0 || rest !== 0) {
      text += '.';
      left--;
    }
  } while (rest !== 0 || left > 0);
  return upper ? text.toUpperCase() : text;
}
