import { chunks, cuts, field, mutate, type Token } from './grammar.ts';
import type { Random } from './random.ts';
import type { Case } from './request-cases.ts';

/** Perhaps an informational response, and one that counts: valid ones, of which most cases then break up to three things. */
export function responseCase(random: Random): Case {
  const tokens: Token[] = [];
  if (random.chance(0.15)) tokens.push(...statusLine(random, random.pick(['100', '102', '103'])), ...end());
  tokens.push(...response(random));
  const bytes = mutate(random, tokens, random.pick([0, 1, 1, 1, 2, 2, 3]));
  return {
    bytes,
    cuts: cuts(random, bytes.length),
    method: random.pick(['GET', 'GET', 'GET', 'POST', 'HEAD']),
  };
}

function response(random: Random): Token[] {
  const fields: Token[][] = [];
  for (let i = random.below(3); i > 0; i--)
    fields.push(field(random.pick(['X-A', 'Server', 'set-cookie']), 'a b'));
  if (random.chance(0.2))
    fields.push(field('Connection', random.pick(['close', 'keep-alive']), 'connection'));
  const body = random.pick(['hello', 'hello', 'a', '0\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n']);
  let content: Token[] = [{ kind: 'data', text: body }];
  const framing = random.below(10);
  if (framing < 4) {
    fields.push(field('Transfer-Encoding', 'chunked', 'coding'));
    content = chunks(random, body);
  } else if (framing < 8) fields.push(field('Content-Length', String(body.length), 'length'));
  // The framing said twice, in every combination; without one the body ends with the connection.
  if (random.chance(0.08)) fields.push(field('Content-Length', random.pick(['0', '5', '6']), 'length'));
  if (random.chance(0.05))
    fields.push(field('Transfer-Encoding', random.pick(['chunked', 'identity']), 'coding'));
  if (random.chance(0.3)) fields.reverse();
  const status = random.pick(['200', '200', '200', '201', '404', '500', '204', '304', '206', '301']);
  return [...statusLine(random, status), ...fields.flat(), ...end(), ...content];
}

function statusLine(random: Random, status: string): Token[] {
  return [
    { kind: 'version', text: random.chance(0.85) ? 'HTTP/1.1' : 'HTTP/1.0' },
    { kind: 'space', text: ' ' },
    { kind: 'status', text: status },
    { kind: 'space', text: ' ' },
    { kind: 'reason', text: random.pick(['OK', 'Not Found', '']) },
    { kind: 'end', text: '\r\n' },
  ];
}

function end(): Token[] {
  return [{ kind: 'end', text: '\r\n' }];
}
