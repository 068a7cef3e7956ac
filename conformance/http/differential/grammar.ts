import { instead } from './instead.ts';
import type { Random } from './random.ts';

/** A piece of a message that has a name in the grammar, so that it can be replaced by what a hostile peer would write there. */
export interface Token {
  readonly kind: TokenKind;
  text: string;
}

export type TokenKind =
  | 'space'
  | 'end'
  | 'colon'
  | 'method'
  | 'target'
  | 'version'
  | 'status'
  | 'reason'
  | 'name'
  | 'value'
  | 'length'
  | 'coding'
  | 'host'
  | 'connection'
  | 'size'
  | 'extension'
  | 'data'
  | 'last';

const marks = [
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '\0',
  '\v',
  '\x0c',
  '\x7f',
  '\x80',
  '\xff',
  '0',
  '5',
  'a',
  '/',
  '"',
  '=',
  '#',
  '%',
  '\x1f',
  '\x85',
  '\xa0',
];

/** Breaks up to `count` things: a token is replaced, repeated, dropped or swapped, or a single byte is put in, taken out or changed. */
export function mutate(random: Random, tokens: Token[], count: number): string {
  for (let i = 0; i < count; i++) if (random.chance(0.8)) mutateToken(random, tokens);
  let text = tokens.map((token) => token.text).join('');
  for (let i = 0; i < count; i++) if (random.chance(0.15)) text = mutateBytes(random, text);
  return text;
}

function mutateToken(random: Random, tokens: Token[]): void {
  const at = random.below(tokens.length);
  const token = tokens[at];
  if (token === undefined) return;
  switch (random.below(12)) {
    case 0:
      tokens.splice(at, 0, { ...token });
      break;
    case 1:
      tokens.splice(at, 1);
      break;
    case 2: {
      const other = random.below(tokens.length);
      tokens[at] = tokens[other] as Token;
      tokens[other] = token;
      break;
    }
    default:
      token.text = random.pick(instead[token.kind]);
  }
}

function mutateBytes(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const rest = text.slice(at);
  switch (random.below(5)) {
    case 0:
      return text.slice(0, at) + random.pick(marks) + rest;
    case 1:
      return text.slice(0, at) + random.pick(marks) + rest.slice(1);
    case 2:
      return text.slice(0, at) + rest.slice(1 + random.below(3));
    case 3:
      return text.slice(0, at) + rest.slice(0, random.below(20)) + rest;
    default:
      return text.slice(0, at);
  }
}

/** Where the bytes are cut on their way: nowhere, at a few places, or everywhere. */
export function cuts(random: Random, length: number): readonly number[] {
  switch (random.below(6)) {
    case 0:
      return length < 250 ? Array.from({ length: Math.max(0, length - 1) }, (_, i) => i + 1) : [];
    case 1:
      return [];
    default: {
      const places = Array.from(
        { length: 1 + random.below(5) },
        () => 1 + random.below(Math.max(1, length - 1)),
      );
      return Array.from(new Set(places)).sort((a, b) => a - b);
    }
  }
}

/** What a mutation may make of a token besides breaking it: the grammar's own choices are taken from the same table. */
export function field(name: string, value: string, kind: TokenKind = 'value'): Token[] {
  return [
    { kind: 'name', text: name },
    { kind: 'colon', text: ': ' },
    { kind, text: value },
    { kind: 'end', text: '\r\n' },
  ];
}

/** A body, in chunks, of what adds up to `body`. */
export function chunks(random: Random, body: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < body.length;) {
    const data = body.slice(at, at + 1 + random.below(body.length));
    at += data.length;
    const size = data.length.toString(16);
    tokens.push(
      { kind: 'size', text: random.chance(0.2) ? size.toUpperCase() : size },
      { kind: 'extension', text: random.chance(0.2) ? random.pick([';a', ';a=b', ';a="b"']) : '' },
      { kind: 'end', text: '\r\n' },
      { kind: 'data', text: data },
      { kind: 'end', text: '\r\n' },
    );
  }
  tokens.push({ kind: 'last', text: '0' }, { kind: 'end', text: '\r\n' });
  if (random.chance(0.3)) tokens.push(...field('X-Trailer', 't'));
  tokens.push({ kind: 'end', text: '\r\n' });
  return tokens;
}
