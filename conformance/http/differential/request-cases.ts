import { chunks, cuts, field, mutate, type Token } from './grammar.ts';
import type { Random } from './random.ts';

/** Bytes of a connection, one character a byte, and where they are cut on their way. */
export interface Case {
  readonly bytes: string;
  readonly cuts: readonly number[];
  /** Of responses: what was asked for. Default GET. */
  readonly method?: string;
}

/** One to four requests, valid ones, of which most cases then break up to four things. */
export function requestCase(random: Random): Case {
  const tokens: Token[] = [];
  const count = random.pick([1, 1, 2, 2, 3, 4]);
  for (let i = 0; i < count; i++) tokens.push(...request(random));
  const bytes = mutate(random, tokens, random.pick([0, 1, 1, 1, 2, 2, 3, 4]));
  return { bytes, cuts: cuts(random, bytes.length) };
}

function request(random: Random): Token[] {
  const method = random.pick([
    'GET',
    'GET',
    'POST',
    'POST',
    'POST',
    'PUT',
    'HEAD',
    'DELETE',
    'OPTIONS',
    'PATCH',
  ]);
  const target = random.pick(['/', '/a?b=c', '/%41/b', '/', method === 'OPTIONS' ? '*' : '/x', 'http://x/y']);
  const version = random.chance(0.9) ? 'HTTP/1.1' : 'HTTP/1.0';
  const fields = [field('Host', 'x', 'host')];
  for (let i = random.below(3); i > 0; i--)
    fields.push(field(random.pick(['X-A', 'Accept', 'cookie']), 'a b'));
  if (random.chance(0.15))
    fields.push(field('Connection', random.pick(['close', 'keep-alive']), 'connection'));
  if (random.chance(0.05)) fields.push(field('Expect', '100-continue'));
  if (random.chance(0.03))
    fields.push(field('Connection', 'upgrade', 'connection'), field('Upgrade', 'websocket'));
  const body = random.pick(['hello', 'hello', 'a', '0\r\n\r\n', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n']);
  let content: Token[] = [];
  if (method === 'POST' || method === 'PUT' || method === 'PATCH' || random.chance(0.1)) {
    if (version === 'HTTP/1.1' && random.chance(0.6)) {
      fields.push(field('Transfer-Encoding', 'chunked', 'coding'));
      content = chunks(random, body);
    } else {
      fields.push(field('Content-Length', String(body.length), 'length'));
      content = [{ kind: 'data', text: body }];
    }
    // The framing said twice, in every combination.
    if (random.chance(0.1)) fields.push(field('Content-Length', random.pick(['0', '5', '6']), 'length'));
    if (random.chance(0.05))
      fields.push(field('Transfer-Encoding', random.pick(['chunked', 'identity']), 'coding'));
  }
  if (random.chance(0.3)) fields.reverse();
  return [
    { kind: 'method', text: method },
    { kind: 'space', text: ' ' },
    { kind: 'target', text: target },
    { kind: 'space', text: ' ' },
    { kind: 'version', text: version },
    { kind: 'end', text: '\r\n' },
    ...fields.flat(),
    { kind: 'end', text: '\r\n' },
    ...content,
  ];
}
