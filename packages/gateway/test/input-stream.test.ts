import { expect, test } from 'vitest';
import { InputStream, type Application, type Environ } from '@wirestack/gateway';
import { dial, environOf, exchange, gate, requestOf, serving, until, untilEnd } from './peer.ts';

/** An input that arrives in these chunks. */
function input(...chunks: string[]): InputStream {
  const left = chunks.map((chunk) => Buffer.from(chunk));
  return new InputStream({ body: { read: () => Promise.resolve(left.shift()) } });
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** What `use` makes of the input of this request. */
async function inputOf(
  request: string,
  use: (input: InputStream, environ: Environ) => Promise<string>,
): Promise<string> {
  const { address } = await serving(async (environ, startResponse) => {
    const result = await use(environ['wsgi.input'], environ);
    startResponse('200 OK', []);
    return [result];
  });
  const { body } = await exchange(address, request);
  return body;
}

const posted = (body: string): string =>
  `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`;

const chunked = (...rest: string[]): string =>
  ['POST / HTTP/1.1', 'Host: a', 'Connection: close', 'Transfer-Encoding: chunked', '', ...rest].join('\r\n');

test.each([
  ['one chunk', ['hello world']],
  ['a byte at a time', Array.from('hello world')],
  ['with empty chunks between', ['', 'hel', '', '', 'lo wor', '', 'ld', '']],
])('read(n) gives n bytes, fewer only at the end: %s', async (_what, chunks) => {
  const body = input(...chunks);
  expect(text(await body.read(5))).toBe('hello');
  expect(text(await body.read(0))).toBe('');
  expect(text(await body.read(1))).toBe(' ');
  expect(text(await body.read(100))).toBe('world');
  expect(text(await body.read(100))).toBe('');
  expect(text(await body.read())).toBe('');
  expect(text(await body.readline())).toBe('');
  expect(await body.readlines()).toEqual([]);
});

test.each([[undefined], [-1], [Infinity], [NaN]])('read(%s) gives all that is left', async (size) => {
  const body = input('abc', '', 'def');
  await body.read(1);
  expect(text(await body.read(size))).toBe('bcdef');
});

const lines = ['first\n', '\n', 'a longer one\r\n', 'no end'];

test('readline gives each line with its LF, at every cut of the input', async () => {
  const whole = lines.join('');
  for (let i = 0; i <= whole.length; i++) {
    for (let j = i; j <= whole.length; j++) {
      const body = input(whole.slice(0, i), whole.slice(i, j), whole.slice(j));
      const read: string[] = [];
      for (let line = await body.readline(); line.length > 0; line = await body.readline())
        read.push(text(line));
      expect(read).toEqual(lines);
    }
  }
});

test('readline(n) stops at n bytes, and goes on there', async () => {
  const body = input('abc', 'def\ngh');
  expect(text(await body.readline(4))).toBe('abcd');
  expect(text(await body.readline(3))).toBe('ef\n');
  expect(text(await body.readline(-1))).toBe('gh');
});

test('a line longer than many chunks is one line', async () => {
  const long = 'x'.repeat(300_000);
  const [first, second] = await input(
    ...Array.from({ length: 30 }, () => 'x'.repeat(10_000)),
    '\nnext',
  ).readlines();
  expect(text(first ?? new Uint8Array(0))).toBe(`${long}\n`);
  expect(text(second ?? new Uint8Array(0))).toBe('next');
});

test('readlines gives the lines that are left', async () => {
  const body = input(lines.join(''));
  await body.readline();
  expect((await body.readlines()).map(text)).toEqual(lines.slice(1));
});

test('iteration gives the chunks, and what a read left of one', async () => {
  const body = input('abc', 'def', 'ghi');
  await body.read(4);
  const chunks: string[] = [];
  for await (const chunk of body) chunks.push(text(chunk));
  expect(chunks).toEqual(['ef', 'ghi']);
});

test('iteration that is left early goes on where it was', async () => {
  const body = input('abc', 'def');
  for await (const chunk of body) {
    expect(text(chunk)).toBe('abc');
    break;
  }
  expect(text(await body.read())).toBe('def');
});

test('nothing is asked of the source before the first read, nor after its end', async () => {
  let asked = 0;
  const body = new InputStream({
    body: {
      read: () => {
        asked++;
        return Promise.resolve(undefined);
      },
    },
  });
  expect(asked).toBe(0);
  await body.read();
  await body.read();
  expect(asked).toBe(1);
});

// Of real requests.

test('a body with a length ends by itself', async () => {
  expect(await inputOf(posted('a\nb'), async (body) => text(await body.read()))).toBe('a\nb');
});

test('a request without a body reads as empty', async () => {
  expect(await inputOf(requestOf('GET /'), async (body) => `${text(await body.read())}|`)).toBe('|');
});

test('a chunked body ends by itself, without CONTENT_LENGTH', async () => {
  const request = chunked('3;ext=1', 'abc', '2', 'd\n', '1', 'e', '0', '', '');
  const result = await inputOf(request, async (body, environ) => {
    expect('CONTENT_LENGTH' in environ).toBe(false);
    return (await body.readlines()).map(text).join('|');
  });
  expect(result).toBe('abcd\n|e');
});

test('the fields behind a chunked body are there once it was read', async () => {
  const request = chunked('1', 'a', '0', 'X-Sum: 97', '', '');
  const result = await inputOf(request, async (body, environ) => {
    await body.read();
    return JSON.stringify(environ['wirestack.trailers']);
  });
  expect(result).toBe('[["X-Sum","97"]]');
});

test('a large body arrives whole, however slowly it is read', async () => {
  const result = await inputOf(posted('x'.repeat(3_000_000)), async (body) => {
    let length = 0;
    for (let bytes = await body.read(10_000); bytes.length > 0; bytes = await body.read(10_000))
      length += bytes.length;
    return String(length);
  });
  expect(result).toBe('3000000');
});

test('a body that stops half-way rejects the read; onError is not told of what a client did', async () => {
  const failed = gate<unknown>();
  const { address, errors } = await serving(async (environ, startResponse) => {
    await environ['wsgi.input'].read().catch((error: unknown) => {
      failed.open(error);
      throw error;
    });
    startResponse('200 OK', []);
    return ['unreachable'];
  });
  const peer = await dial(address);
  await peer.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
  await peer.shutdown('write');
  expect(await untilEnd(peer)).toMatch(/^HTTP\/1\.1 400 /);
  expect(await failed.promise).toMatchObject({ code: 'TRUNCATED' });
  expect(errors).toEqual([]);
});

// 100 Continue. The order of 103 and 100 on the wire shows when the latter was sent, without looking at a clock.

const hintThenRead: Application = async (environ, startResponse) => {
  environ['wirestack.early_hints']([['Link', '</a.css>; rel=preload']]);
  const body = text(await environ['wsgi.input'].read());
  startResponse('200 OK', []);
  return [body];
};

test('100 Continue is sent by the first read, not before', async () => {
  const { address } = await serving(hintThenRead);
  const peer = await dial(address);
  await peer.write(requestOf('POST /', 'Expect: 100-continue', 'Content-Length: 2'));
  const text = await until(peer, 'HTTP/1.1 100 Continue\r\n\r\n');
  expect(text).toMatch(
    /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 100 Continue\r\n\r\n$/,
  );
  await peer.write('hi');
  const final = await untilEnd(peer);
  expect(final).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nhi$/);
});

test('an application that does not read sends no 100 Continue', async () => {
  const environ = await environOf(requestOf('POST /', 'Expect: 100-continue', 'Content-Length: 2'));
  expect(environ['HTTP_EXPECT']).toBe('100-continue');
  const { address } = await serving((_environ, startResponse) => {
    startResponse('403 Forbidden', []);
    return ['no'];
  });
  const reply = await exchange(address, requestOf('POST /', 'Expect: 100-continue', 'Content-Length: 2'));
  expect(reply).toMatchObject({ status: 403, body: 'no' });
  expect(reply.raw).not.toContain('100 Continue');
});
