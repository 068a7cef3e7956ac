import { utimesSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { staticFiles } from '@wirestack/http/static';
import { serving } from '../server/harness.ts';
import { field, get } from '../server/raw-client.ts';
import { ask, later, openUnder, site, type Reply } from './site.ts';

/** No two stretches are the same. */
function content(size: number): string {
  let text = '';
  for (let i = 0; text.length < size; i++) text += `${String(i)},`;
  return text.slice(0, size);
}

interface Part {
  readonly range: string;
  readonly type: string;
  readonly body: string;
}

/** Reads `multipart/byteranges` by its boundary, strictly. */
function partsOf({ headers, body }: Pick<Reply, 'headers' | 'body'>): Part[] {
  const boundary = /^multipart\/byteranges; boundary=([\w-]{32})$/.exec(headers['content-type'] ?? '')?.[1];
  expect(boundary).toBeDefined();
  const [first, ...rest] = `\r\n${body}`.split(`\r\n--${boundary!}`);
  expect(first).toBe('');
  expect(rest.pop()).toBe('--\r\n');
  return rest.map((part) => {
    const match = /^\r\nContent-Type: ([^\r]+)\r\nContent-Range: ([^\r]+)\r\n\r\n([^]*)$/.exec(part);
    expect(match).not.toBeNull();
    return { type: match![1]!, range: match![2]!, body: match![3]! };
  });
}

describe.each([
  ['in memory', 1000],
  ['on the disk', 2_000_000],
])('a range of a file %s', (_where, size) => {
  const text = content(size);
  const world = (): string => {
    const root = site({ 'a.txt': text });
    later();
    return root;
  };
  const last = size - 1;

  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=0-99', 0, 100],
    ['bytes=10-', 10, size],
    ['bytes=-1', size - 1, size],
    ['bytes=-100', size - 100, size],
    [`bytes=-${String(size * 2)}`, 0, size],
    [`bytes=${String(last)}-`, last, size],
    [`bytes=5-${String(size * 10)}`, 5, size],
    ['bytes=0-1,2-3', 0, 4],
    ['bytes=0-1,50-60', 0, 61],
    ['BYTES=3-4', 3, 5],
    [`bytes=0-9, ${String(size)}-`, 0, 10],
  ])('%s is 206', async (range, start, end) => {
    const root = world();
    const reply = await ask(staticFiles(root), '/a.txt', { range });
    expect(reply.status).toBe(206);
    expect(reply.headers['content-range']).toBe(`bytes ${String(start)}-${String(end - 1)}/${String(size)}`);
    expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(reply.headers['etag']).toMatch(/^"/);
    expect(reply.body === text.slice(start, end)).toBe(true);
    expect(openUnder(root)).toBe(0);
  });

  it.each(['bytes', 'bytes=', 'bytes=a-b', 'bytes=5-4', 'lines=0-1', 'bytes=0-1,x', 'bytes:0-1', '0-1'])(
    '%s means nothing: 200',
    async (range) => {
      const reply = await ask(staticFiles(world()), '/a.txt', { range });
      expect([reply.status, reply.body.length]).toEqual([200, size]);
    },
  );

  it.each([`bytes=${String(size)}-`, `bytes=${String(size)}-${String(size + 5)}`, 'bytes=-0'])(
    '%s is beyond it: 416, with the size',
    async (range) => {
      const root = world();
      const reply = await ask(staticFiles(root), '/a.txt', { range });
      expect([reply.status, reply.headers['content-range']]).toEqual([416, `bytes */${String(size)}`]);
      expect(openUnder(root)).toBe(0);
    },
  );

  it('of several parts is multipart, its length known, in the order that was asked for', async () => {
    const root = world();
    const { client } = await serving(staticFiles(root));
    const peer = await client();
    const ranges = `bytes=500-599,0-9,-5`;
    for (let i = 0; i < 2; i++) {
      await peer.send(get('/a.txt', `Range: ${ranges}\r\n`));
      const { status, head, body } = await peer.answer();
      expect(status).toBe(206);
      expect(Number(field(head, 'Content-Length'))).toBe(body.length);
      expect(field(head, 'Content-Range')).toBeUndefined();
      expect(partsOf({ headers: { 'content-type': field(head, 'Content-Type')! }, body })).toEqual(
        [
          [500, 600],
          [0, 10],
          [size - 5, size],
        ].map(([start, end]) => ({
          type: 'text/plain; charset=utf-8',
          range: `bytes ${String(start)}-${String(end! - 1)}/${String(size)}`,
          body: text.slice(start, end),
        })),
      );
    }
    expect(openUnder(root)).toBe(0);
  });

  it('of many parts that overlap is joined: no more is sent than there is (CVE-2011-3192)', async () => {
    const many = `bytes=${Array.from({ length: 90 }, (_, i) => `${String(i)}-`).join(',')}`;
    const reply = await ask(staticFiles(world()), '/a.txt', { range: many });
    expect([reply.status, reply.headers['content-range'], reply.body.length]).toEqual([
      ...[206, `bytes 0-${String(last)}/${String(size)}`, size],
    ]);
  });

  it('of more parts than the limit means nothing', async () => {
    const handler = staticFiles(world(), { maxRanges: 2 });
    expect((await ask(handler, '/a.txt', { range: 'bytes=0-0,200-200' })).status).toBe(206);
    expect((await ask(handler, '/a.txt', { range: 'bytes=0-0,200-200,400-400' })).status).toBe(200);
  });

  it('counts with If-Range only for the version that is named', async () => {
    const root = world();
    const handler = staticFiles(root);
    const { headers } = await ask(handler, '/a.txt');
    const statusFor = async (ifRange: string): Promise<number> =>
      (await ask(handler, '/a.txt', { range: 'bytes=0-0', 'if-range': ifRange })).status;
    expect(await statusFor(headers['etag']!)).toBe(206);
    expect(await statusFor(headers['last-modified']!)).toBe(206);
    for (const other of [
      `W/${headers['etag']!}`,
      '"a"',
      'Thu, 29 Feb 2024 12:00:00 GMT',
      'x',
      '',
      'Fri, 01 Jan 2100 00:00:00 GMT',
    ]) {
      expect(await statusFor(other)).toBe(200);
    }
  });

  it('does not concern HEAD, 304 or 412', async () => {
    const handler = staticFiles(world());
    const range = 'bytes=0-0';
    const head = await ask(handler, '/a.txt', { range }, 'HEAD');
    expect([head.status, head.headers['content-range'], head.headers['content-length']]).toEqual([
      ...[200, undefined, String(size)],
    ]);
    const etag = head.headers['etag']!;
    expect((await ask(handler, '/a.txt', { range, 'if-none-match': etag })).status).toBe(304);
    expect((await ask(handler, '/a.txt', { range, 'if-match': '"a"' })).status).toBe(412);
    expect((await ask(handler, '/a.txt', { range: 'bytes=9999999-', 'if-none-match': etag })).status).toBe(
      304,
    );
  });

  it('is what a slice is, whatever is asked for', async () => {
    const root = world();
    const handler = staticFiles(root);
    const range = fc
      .tuple(fc.nat(size + 10), fc.nat(size + 10))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    await fc.assert(
      fc.asyncProperty(fc.array(range, { minLength: 1, maxLength: 5 }), async (ranges) => {
        const reply = await ask(handler, '/a.txt', {
          range: `bytes=${ranges.map((pair) => pair.join('-')).join(',')}`,
        });
        if (reply.status === 416) {
          expect(ranges.every(([first]) => first >= size)).toBe(true);
          return;
        }
        expect(reply.status).toBe(206);
        const single = reply.headers['content-range'];
        const parts = single === undefined ? partsOf(reply) : [{ range: single, body: reply.body }];
        const have = parts.map(({ range: one, body }) => {
          const [, first, end] = /^bytes (\d+)-(\d+)\//.exec(one)!.map(Number);
          expect(body === text.slice(first, end! + 1)).toBe(true);
          return [first!, end!] as const;
        });
        for (const [first, end] of ranges) {
          if (first >= size) continue;
          expect(have.some(([from, to]) => from <= first && to >= Math.min(end, last))).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
    expect(openUnder(root)).toBe(0);
  });
});

describe('of an empty file', () => {
  it('there is no range: it is sent as it is', async () => {
    const root = site({ a: '' });
    for (const range of ['bytes=0-', 'bytes=-1', 'bytes=5-']) {
      const reply = await ask(staticFiles(root), '/a', { range });
      expect([reply.status, reply.body, reply.headers['content-range']]).toEqual([200, '', undefined]);
    }
  });
});

describe('several ranges of a file that becomes shorter meanwhile', () => {
  it('end the connection, short of their length', async () => {
    const size = 64 * 1024 * 1024;
    const root = site({ a: '' });
    truncateSync(join(root, 'a'), size);
    utimesSync(join(root, 'a'), 1, 1);
    const { client, errors } = await serving(staticFiles(root));
    const peer = await client();
    await peer.send(get('/a', `Range: bytes=0-999,2000-${String(size - 1)}\r\n`));
    await peer.take(100);
    truncateSync(join(root, 'a'), 5000);
    expect((await peer.untilCut()).length).toBeLessThan(size);
    expect(errors.splice(0)).toMatchObject([{ code: 'BAD_BODY' }]);
    expect(openUnder(root)).toBe(0);
  });
});
