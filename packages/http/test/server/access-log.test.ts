import { describe, expect, test } from 'vitest';
import { accessLog, type AccessLogFormat, type Handler, type ServerOptions } from '@wirestack/http';
import { gate, ManualClock, serving, turn, turnsUntil, type Served } from './harness.ts';
import { get, post } from './raw-client.ts';

interface Logged extends Served {
  readonly clock: ManualClock;
  /** What was written, a write an element. */
  readonly written: string[];
}

async function logged(
  format: AccessLogFormat | undefined,
  handler: Handler,
  options: ServerOptions = {},
): Promise<Logged> {
  const clock = new ManualClock();
  const written: string[] = [];
  const observe = accessLog({
    ...(format === undefined ? {} : { format }),
    write: (lines) => written.push(lines),
  });
  const served = await serving(handler, { observe, clock, ...options });
  return { ...served, clock, written };
}

/** The line of one request. */
async function lineOf(format: AccessLogFormat, request: string, options?: ServerOptions): Promise<string> {
  const { client, written } = await logged(format, () => ({ status: 200, body: 'ok' }), options);
  const peer = await client();
  await peer.send(request);
  await peer.answer(request.slice(0, request.indexOf(' ')));
  await turnsUntil(() => written.length > 0);
  return written.join('');
}

const time = '01/Jan/2026:00:00:00 +0000';
const visited = 'User-Agent: curl/8\r\nReferer: http://b/\r\n';

describe('lines, byte for byte', () => {
  test.each([
    ['common', get('/a?b', visited), `127.0.0.1 - - [${time}] "GET /a?b HTTP/1.1" 200 2\n`],
    ['common', get('/a').replace('GET', 'HEAD'), `127.0.0.1 - - [${time}] "HEAD /a HTTP/1.1" 200 -\n`],
    ['common', 'GET / HTTP/1.0\r\n\r\n', `127.0.0.1 - - [${time}] "GET / HTTP/1.0" 200 2\n`],
    [
      'combined',
      get('/a?b', visited),
      `127.0.0.1 - - [${time}] "GET /a?b HTTP/1.1" 200 2 "http://b/" "curl/8"\n`,
    ],
    ['combined', get(), `127.0.0.1 - - [${time}] "GET / HTTP/1.1" 200 2 "-" "-"\n`],
    [
      'json',
      get('/a?b', visited),
      '{"time":"2026-01-01T00:00:00.000Z","client":"127.0.0.1","method":"GET","scheme":"http","authority":"a",' +
        '"target":"/a?b","version":"1.1","status":200,"isComplete":true,"sentBytes":2,"receivedBytes":0,' +
        '"durationMs":0,"referer":"http://b/","userAgent":"curl/8"}\n',
    ],
    [
      'json',
      get(),
      '{"time":"2026-01-01T00:00:00.000Z","client":"127.0.0.1","method":"GET","scheme":"http","authority":"a",' +
        '"target":"/","version":"1.1","status":200,"isComplete":true,"sentBytes":2,"receivedBytes":0,' +
        '"durationMs":0}\n',
    ],
  ] as [AccessLogFormat, string, string][])('%s %j', async (format, request, line) => {
    expect(await lineOf(format, request)).toBe(line);
  });

  test('combined is the default', async () => {
    const { client, written } = await logged(undefined, () => ({ status: 404 }));
    const peer = await client();
    await peer.send(get());
    await peer.answer();
    expect(written).toEqual([`127.0.0.1 - - [${time}] "GET / HTTP/1.1" 404 - "-" "-"\n`]);
  });

  test('the time is that of the request, the duration goes to the end of the answer', async () => {
    const lines = [];
    for (const format of ['common', 'json'] as const) {
      const { opened, open } = gate();
      const { client, clock, server, written } = await logged(format, async (request) => {
        await opened;
        return { status: 200, body: [await request.text()] };
      });
      clock.pass(3661);
      const peer = await client();
      await peer.send(post('hello'));
      await turnsUntil(() => server.stats.requests === 1);
      clock.pass(7);
      open();
      await peer.answer();
      lines.push(written.join(''));
    }
    expect(lines[0]).toBe('127.0.0.1 - - [01/Jan/2026:01:01:01 +0000] "POST / HTTP/1.1" 200 5\n');
    expect(lines[1]).toContain('"time":"2026-01-01T01:01:01.000Z"');
    expect(lines[1]).toContain('"sentBytes":5,"receivedBytes":5,"durationMs":7000');
  });

  test('every month has its name, and the time is UTC', async () => {
    const lines: string[] = [];
    const log = accessLog({ format: 'common', write: (text) => lines.push(...text.trimEnd().split('\n')) });
    const { client } = await serving(() => ({ status: 204 }), {
      observe: {
        requestEnded: (request, outcome) => {
          for (let month = 0; month < 12; month++) {
            log.requestEnded?.(request, {
              ...outcome,
              startedAt: Date.UTC(2024, month, 29, 23, 59, 59, 999),
            });
          }
        },
      },
    });
    const peer = await client();
    await peer.send(get());
    await peer.answer();
    const names = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
    expect(
      lines.map((line) => line.slice('127.0.0.1 - - '.length, -' "GET / HTTP/1.1" 204 -'.length)),
    ).toEqual(names.map((name) => `[29/${name}/2024:23:59:59 +0000]`));
  });

  test('the client is who the trusted proxies say it is', async () => {
    const request = get('/', 'X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n');
    const trustProxy = { from: ['127.0.0.1'] };
    expect(await lineOf('common', request, { trustProxy })).toBe(
      `192.0.2.1 - - [${time}] "GET / HTTP/1.1" 200 2\n`,
    );
    expect(await lineOf('json', request, { trustProxy })).toContain(
      '"client":"192.0.2.1","method":"GET","scheme":"https","authority":"a"',
    );
    const hidden = get('/', 'X-Forwarded-For: unknown\r\n');
    expect(await lineOf('common', hidden, { trustProxy })).toBe(`- - - [${time}] "GET / HTTP/1.1" 200 2\n`);
  });
});

describe('a request without an answer is 499', () => {
  test.each([
    ['common', `127.0.0.1 - - [${time}] "GET / HTTP/1.1" 499 -\n`],
    ['json', '"status":499,"isComplete":false,"sentBytes":0,'],
  ] as [AccessLogFormat, string][])('%s', async (format, expected) => {
    const { client, server, written } = await logged(format, () => new Promise<never>(() => undefined));
    const peer = await client();
    await peer.send(get());
    await turnsUntil(() => server.stats.requests === 1);
    peer.stream.abort();
    await turnsUntil(() => written.length > 0);
    expect(written.join('')).toContain(expected);
  });
});

test('lines of one turn come together, each with its LF', async () => {
  const { client, written } = await logged('common', ({ path }) => ({ status: 200, body: path }));
  const peer = await client();
  await peer.send(get('/1') + get('/2') + get('/3'));
  await peer.answers(3);
  await peer.send(get('/4'));
  await peer.answer();
  await turn();
  const line = (path: string): string => `127.0.0.1 - - [${time}] "GET ${path} HTTP/1.1" 200 2\n`;
  expect(written).toEqual([line('/1') + line('/2') + line('/3'), line('/4')]);
});

describe('what a client sends cannot leave its field', () => {
  const attacks = [
    ['a quote', '"', '\\x22', '\\"'],
    ['a backslash', '\\', '\\x5C', '\\\\'],
    ['a quote that looks escaped', '\\"', '\\x5C\\x22', '\\\\\\"'],
    ['a tab', '\t', '\\x09', '\\t'],
    ['a C1 control sequence', '\x9b2J', '\\x9B2J', '\\u009b2J'],
    ['NEL, a line end to some', 'a\x85b', 'a\\x85b', 'a\\u0085b'],
    ['bytes of UTF-8', 'na\u00c3\u00afve', 'na\\xC3\\xAFve', 'na\\u00c3\\u00afve'],
    [
      'a bidirectional override in UTF-8',
      'a\u00e2\u0080\u00aeb',
      'a\\xE2\\x80\\xAEb',
      'a\\u00e2\\u0080\\u00aeb',
    ],
    ['a line of its own, as text', 'a\\n1.1.1.1 - - []', 'a\\x5Cn1.1.1.1 - - []', 'a\\\\n1.1.1.1 - - []'],
  ] as const;

  test.each(attacks)('%s in User-Agent and Referer', async (_name, text, inLog, inJson) => {
    const request = get('/', `User-Agent: x${text}y\r\nReferer: x${text}y\r\n`);
    expect(await lineOf('combined', request)).toBe(
      `127.0.0.1 - - [${time}] "GET / HTTP/1.1" 200 2 "x${inLog}y" "x${inLog}y"\n`,
    );
    const line = await lineOf('json', request);
    expect(line).toContain(`"referer":"x${inJson}y","userAgent":"x${inJson}y"}`);
    expect(JSON.parse(line)).toMatchObject({ referer: `x${text}y`, userAgent: `x${text}y` });
  });

  test('nothing but visible ASCII is ever written, whatever bytes come', async () => {
    for (const format of ['combined', 'json'] as const) {
      const { client, written, server } = await logged(format, () => ({ status: 200 }));
      // All that could be obeyed or misread: control characters, quote, backslash, DEL and C1.
      const bytes = Array.from({ length: 256 }, (_, byte) => byte);
      let peer = await client();
      for (const byte of bytes.filter((one) => one <= 0x22 || one === 0x5c || (one > 0x7d && one < 0xa2))) {
        const mark = String.fromCharCode(byte);
        for (const request of [get(`/${mark}`), get('/', `User-Agent: x${mark}y\r\n`), get(`/?a=${mark}`)]) {
          await peer.send(request);
          if ((await peer.answer()).status === 200) continue;
          // Most of them are refused before there is a request.
          peer.stream.abort();
          peer = await client();
        }
      }
      peer.stream.abort();
      await turnsUntil(() => server.stats.connections === 0);
      const lines = written.join('').split('\n');
      expect(lines.pop()).toBe('');
      expect(lines.length).toBe(server.stats.requests);
      expect(lines.length).toBeGreaterThan(40);
      for (const line of lines) expect(line).toMatch(/^[ -~]+$/);
    }
  });
});

test('without `write` the lines go to standard output', async () => {
  const lines: unknown[] = [];
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text: unknown) => lines.push(text) > 0;
  try {
    const { client } = await serving(() => ({ status: 204 }), {
      observe: accessLog({ format: 'common' }),
      clock: new ManualClock(),
    });
    const peer = await client();
    await peer.send(get());
    await peer.answer();
    await turn();
  } finally {
    process.stdout.write = write;
  }
  expect(lines).toEqual([`127.0.0.1 - - [${time}] "GET / HTTP/1.1" 204 -\n`]);
});
