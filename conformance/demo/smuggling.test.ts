import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoProcess } from '../support/demo.ts';
import { isInstalled, output } from '../support/program.ts';

const rawClient = fileURLToPath(new URL('../python/raw.py', import.meta.url));

/** A request that a proxy might have hidden in the body of the one before. */
const hidden = 'GET /hello HTTP/1.1\r\nHost: x\r\n\r\n';
const post = 'POST / HTTP/1.1\r\nHost: x\r\n';
const form = 'Content-Type: application/x-www-form-urlencoded\r\n';
const chunked = 'Transfer-Encoding: chunked\r\n';

/** What is refused: the bytes, and the status of the one answer. RFC 9112 has the clauses. */
const attacks: readonly [name: string, status: number, bytes: string][] = [
  ['both lengths', 400, `${post}Content-Length: 5\r\n${chunked}\r\n0\r\n\r\n${hidden}`],
  ['both lengths, the other way round', 400, `${post}${chunked}Content-Length: 5\r\n\r\n0\r\n\r\n${hidden}`],
  [
    'two lengths that differ',
    400,
    `${post}Content-Length: 0\r\nContent-Length: ${String(hidden.length)}\r\n\r\n${hidden}`,
  ],
  ['two lengths in one field', 400, `${post}Content-Length: 0, ${String(hidden.length)}\r\n\r\n${hidden}`],
  ['a length with a sign', 400, `${post}Content-Length: +0\r\n\r\n${hidden}`],
  ['a negative length', 400, `${post}Content-Length: -1\r\n\r\n${hidden}`],
  ['a length in hexadecimal', 400, `${post}Content-Length: 0x0\r\n\r\n${hidden}`],
  ['a length of no digits', 400, `${post}Content-Length:\r\n\r\n${hidden}`],
  ['a space before the colon', 400, `${post}Content-Length : 0\r\n\r\n${hidden}`],
  [
    'a coding with a space before its colon',
    400,
    `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`,
  ],
  ['a folded line', 400, `${post}X-A: b\r\n Content-Length: 5\r\n\r\n${hidden}`],
  ['a folded coding', 400, `${post}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ['chunked twice', 400, `${post}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n${hidden}`],
  [
    'chunked, and then another coding',
    400,
    `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`,
  ],
  ['a coding behind a vertical tab', 400, `${post}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n${hidden}`],
  ['a coding in HTTP/1.0', 400, `POST / HTTP/1.0\r\nHost: x\r\n${chunked}\r\n0\r\n\r\n${hidden}`],
  ['a bare LF behind a field', 400, `POST / HTTP/1.1\r\nHost: x\nContent-Length: 5\r\n\r\n${hidden}`],
  ['a bare LF for the empty line', 400, `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\n${hidden}`],
  ['a bare CR in a value', 400, `${post}X-A: b\rContent-Length: 5\r\n\r\n${hidden}`],
  ['a NUL in a value', 400, `${post}X-A: \0\r\n\r\n${hidden}`],
  ['a chunk size with a sign', 400, `${post}${chunked}\r\n+5\r\nhello\r\n0\r\n\r\n${hidden}`],
  ['a chunk size with 0x', 400, `${post}${chunked}\r\n0x5\r\nhello\r\n0\r\n\r\n${hidden}`],
  [
    'a chunk size beyond 2^53',
    400,
    `${post}${chunked}\r\n10000000000000000000000000000005\r\nhello\r\n0\r\n\r\n${hidden}`,
  ],
  ['a chunk size line that ends with a bare LF', 400, `${post}${chunked}\r\n5\nhello\r\n0\r\n\r\n${hidden}`],
  ['a bare LF in a chunk extension', 400, `${post}${chunked}\r\n5;a\nhello\r\n0\r\n\r\n${hidden}`],
  ['a chunk longer than its size', 400, `${post}${chunked}\r\n3\r\nhello\r\n0\r\n\r\n${hidden}`],
  ['no host', 400, `GET / HTTP/1.1\r\n\r\n${hidden}`],
  ['two hosts', 400, `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${hidden}`],
  ['two spaces in the request line', 400, `GET  / HTTP/1.1\r\nHost: x\r\n\r\n${hidden}`],
  ['a space in the target', 400, `GET /a b HTTP/1.1\r\nHost: x\r\n\r\n${hidden}`],
  ['HTTP/2 by its preface', 505, `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`],
  ['an unknown coding', 501, `${post}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ['a head without an end', 431, `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(40_000)}\r\n`],
  ['a target without an end', 414, `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
];

describe.skipIf(!isInstalled('python3'))('a raw Python socket', () => {
  let demo: DemoProcess;

  beforeAll(async () => {
    demo = await DemoProcess.start();
  });

  afterAll(async () => {
    await demo.stop();
  });

  /** All that comes back until the server closes; a server that does not is past the time limit. */
  function exchange(bytes: string, ...args: 'end'[]): Promise<string> {
    return output('python3', ['-I', rawClient, ...demo.port('http'), ...args], {
      input: Buffer.from(bytes, 'latin1'),
    });
  }

  test.concurrent.each(attacks)(
    'is refused %s, with one answer, and the connection is closed',
    async (_name, status, bytes) => {
      const answer = await exchange(bytes);
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${String(status)} `));
      expect(answer.match(/HTTP\/1\.1 \d{3} /g)).toHaveLength(1);
      expect(answer).toMatch(/\r\nConnection: close\r\n/i);
      expect(answer).not.toContain('Hello, web!');
    },
  );

  test('is refused in the middle of what it pipelines: the answers before stand', async () => {
    const answer = await exchange(`${hidden}${hidden}${post}Content-Length: x\r\n\r\n${hidden}`);
    expect(statuses(answer)).toEqual(['200', '200', '400']);
  });

  test('gets its pipelined answers in order, bodies and slow ones among them', async () => {
    const requests = [
      'GET /environ?first HTTP/1.1\r\nHost: x\r\n\r\n',
      `${post}${form}Content-Length: 14\r\n\r\nfirstname=Anna`,
      'HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /static/style.css HTTP/1.1\r\nHost: x\r\n\r\n',
      `${post}${form}${chunked}\r\nA\r\nfirstname=\r\n5;x=y\r\nBerta\r\n0\r\nX-Trailer: t\r\n\r\n`,
      'GET /missing HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /environ?last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    ];
    const answer = await exchange(requests.join(''));
    expect(statuses(answer)).toEqual(['200', '200', '200', '200', '200', '404', '200']);
    expect(answer).toMatch(
      /QUERY_STRING = first[^]*<strong>Anna[^]*color-scheme[^]*<strong>Berta[^]*not found[^]*QUERY_STRING = last/i,
    );
  });

  test('may close its side after the request, and is answered', async () => {
    expect(statuses(await exchange(hidden, 'end'))).toEqual(['200']);
  });

  test('is refused a body that is cut off, in either framing', async () => {
    expect(statuses(await exchange(`${post}${form}Content-Length: 50\r\n\r\nfirstname=x`, 'end'))).toEqual([
      '400',
    ]);
    expect(statuses(await exchange(`${post}${form}${chunked}\r\nB\r\nfirstname=x\r\n`, 'end'))).toEqual([
      '400',
    ]);
  });
});

function statuses(answer: string): string[] {
  return Array.from(answer.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => String(status));
}
