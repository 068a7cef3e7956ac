import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestParser, type RequestHead } from '@wirestack/http/protocol';

/** Sections that clients send, some of them with a meaning for the message. */
const sections = [
  'Host: a\r\n',
  'Host: b\r\n',
  'Host: a\r\nAccept: */*\r\n',
  'Host: a\r\nAccept: */*\r\nCookie: x=1\r\n',
  'Host: a\r\nConnection: close, te\r\nTE: trailers\r\n',
  'Host: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n',
  'Host: a\r\nContent-Length: 0\r\n',
  'Host: a\r\nContent-Length: 3\r\n',
  'Host: a\r\nTransfer-Encoding: chunked\r\n',
];

function message(section: string, target: string): string {
  const body = section.includes('Length: 3')
    ? 'abc'
    : section.includes('chunked')
      ? '3\r\nabc\r\n0\r\nX: y\r\n\r\n'
      : '';
  return `GET ${target} HTTP/1.1\r\n${section}\r\n${body}`;
}

/** All that a parser says of bytes that come in these pieces. */
function said(parser: RequestParser, bytes: Buffer, pieces: readonly number[]): unknown[] {
  const events: unknown[] = [];
  let at = 0;
  const cuts = [...pieces.map((piece) => piece % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (const end of cuts) {
    if (end > at) parser.push(Buffer.from(bytes.subarray(at, end)));
    at = Math.max(at, end);
    for (let event = parser.next(); event !== undefined; event = parser.next()) {
      if (event.type !== 'data') events.push(plain(event));
    }
  }
  return events;
}

function plain(event: NonNullable<ReturnType<RequestParser['next']>>): unknown {
  if (event.type === 'trailers') return ['trailers', [...event.fields]];
  if (event.type !== 'head') return [event.type];
  const { headers, ...rest } = event;
  return [{ ...rest, headers: [...headers], acceptsTrailers: event.acceptsTrailers }];
}

function heads(...sectionsOf: readonly string[]): RequestHead[] {
  const parser = new RequestParser();
  return sectionsOf.map((section, i) => {
    parser.push(Buffer.from(message(section, `/${String(i)}`)));
    const head = parser.next();
    if (head?.type !== 'head') throw new Error('no head');
    while (parser.next() !== undefined);
    return head;
  });
}

describe('a header section that repeats the one before on its connection', () => {
  it('says what it says by itself, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...sections), { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (chosen, pieces) => {
          const messages = chosen.map((section, i) => message(section, `/${String(i)}?q`));
          const alone = messages.flatMap((one) => said(new RequestParser(), Buffer.from(one), []));
          expect(said(new RequestParser(), Buffer.from(messages.join('')), pieces)).toEqual(alone);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('shares one object of fields with it', () => {
    const [first, second, third] = heads('Host: a\r\nX: 1\r\n', 'Host: a\r\nX: 1\r\n', 'Host: a\r\nX: 2\r\n');
    expect(second?.headers).toBe(first?.headers);
    expect(third?.headers).not.toBe(first?.headers);
    expect(third?.headers.get('x')).toBe('2');
  });

  it('is held against the target: another host there is refused', () => {
    const parser = new RequestParser();
    parser.push(Buffer.from('GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n'));
    while (parser.next() !== undefined);
    parser.push(Buffer.from('GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n'));
    expect(() => parser.next()).toThrow(expect.objectContaining({ code: 'BAD_HOST' }));
  });

  it('counts against the limit of a head as if it were read', () => {
    const head = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
    const parser = new RequestParser({ maxHeadBytes: head.length });
    parser.push(Buffer.from(head + head.replace('/ ', '/a ')));
    while (parser.next()?.type !== 'end');
    expect(() => parser.next()).toThrow(expect.objectContaining({ code: 'HEAD_TOO_LARGE' }));
  });

  it('is not kept behind a body, nor over relax()', () => {
    const [first, second] = heads('Host: a\r\nContent-Length: 3\r\n', 'Host: a\r\nContent-Length: 3\r\n');
    expect(second?.headers).not.toBe(first?.headers);
    const parser = new RequestParser();
    const one = (): RequestHead => {
      parser.push(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
      const head = parser.next();
      while (parser.next() !== undefined);
      return head as RequestHead;
    };
    const before = one();
    parser.relax();
    expect(one().headers).not.toBe(before.headers);
  });

  it('may end in bare line feeds where the leniency allows that', () => {
    const parser = new RequestParser({ allowBareLf: true });
    const request = 'GET / HTTP/1.1\nHost: a\nX: 1\n\n';
    parser.push(Buffer.from(request.repeat(3)));
    const found: unknown[] = [];
    for (let event = parser.next(); event !== undefined; event = parser.next())
      if (event.type === 'head') found.push(event.headers.get('x'));
    expect(found).toEqual(['1', '1', '1']);
  });
});
