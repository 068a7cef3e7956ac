import { appendFileSync, readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { staticFiles } from '@wirestack/http/static';
import { serving, turnsUntil } from '../server/harness.ts';
import { field, get } from '../server/raw-client.ts';
import { openUnder, requestOf, site } from './site.ts';

const size = 64 * 1024 * 1024;

/** A file too long for the buffers on the way, without taking room on the disk. */
function world(): { root: string; file: string } {
  const root = site({ large: '' });
  const file = join(root, 'large');
  truncateSync(file, size);
  return { root, file };
}

describe.each([
  ['all of it', ''],
  ['a range', `Range: bytes=1-${String(size - 1)}\r\n`],
  ['several ranges', `Range: bytes=0-9,1000-${String(size - 1)}\r\n`],
])('clients that want %s and leave', (_what, fields) => {
  it('half-way leave no descriptor', async () => {
    const { root } = world();
    const { client } = await serving(staticFiles(root));
    const before = readdirSync('/proc/self/fd').length;
    const peers = await Promise.all(Array.from({ length: 20 }, () => client()));
    await Promise.all(
      peers.map(async (peer) => {
        await peer.send(get('/large', fields));
        await peer.take(1000);
      }),
    );
    expect(openUnder(root)).toBe(20);
    for (const [i, peer] of peers.entries()) {
      if (i % 2 === 0) peer.stream.abort();
      else await peer.stream.close();
    }
    await turnsUntil(() => openUnder(root) === 0);
    await turnsUntil(() => readdirSync('/proc/self/fd').length <= before);
  });

  it('before the answer leave no descriptor', async () => {
    const { root } = world();
    let asked = 0;
    const handler = staticFiles(root);
    const { client } = await serving((request) => {
      asked++;
      return handler(request);
    });
    for (let i = 0; i < 20; i++) {
      const peer = await client();
      await peer.send(get('/large', fields));
      await turnsUntil(() => asked > i);
      peer.stream.abort();
    }
    await turnsUntil(() => openUnder(root) === 0);
  });

  it('behind others that wait leave no descriptor', async () => {
    const { root } = world();
    const { client } = await serving(staticFiles(root));
    const peer = await client();
    await peer.send(get('/large', fields).repeat(8));
    await peer.take(1000);
    peer.stream.abort();
    await turnsUntil(() => openUnder(root) === 0);
  });
});

describe('answers that are not sent', () => {
  it('leave no descriptor once their body is ended, begun or not', async () => {
    const { root } = world();
    const handler = staticFiles(root);
    for (const begins of [false, true]) {
      const request = requestOf('/large', { range: 'bytes=0-9,1000-2000' });
      const { body } = await handler(request);
      const iterator = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
      if (begins) await iterator.next();
      expect(openUnder(root)).toBe(1);
      await iterator.return!();
      expect((await iterator.next()).done).toBe(true);
      expect(openUnder(root)).toBe(0);
    }
  });

  it('of HEAD, 304, 412 and 416 have no file open', async () => {
    const { root } = world();
    const handler = staticFiles(root);
    const cases: [string, Record<string, string>][] = [
      ['HEAD', {}],
      ['GET', { 'if-none-match': '*' }],
      ['GET', { 'if-match': '"a"' }],
      ['GET', { range: `bytes=${String(size)}-` }],
    ];
    for (const [method, headers] of cases) {
      const { body } = await handler(requestOf('/large', headers, method));
      expect(typeof body === 'object').toBe(false);
      expect(openUnder(root)).toBe(0);
    }
  });
});

describe('a file that changes while it is sent', () => {
  it('and becomes shorter ends the connection, short of its length', async () => {
    const { root, file } = world();
    const { client, errors } = await serving(staticFiles(root));
    const peer = await client();
    await peer.send(get('/large'));
    await peer.take(1000);
    truncateSync(file, 5000);
    const rest = await peer.untilCut();
    expect(rest.length).toBeLessThan(size);
    expect(rest).not.toContain('HTTP/1.1');
    expect(errors.splice(0)).toMatchObject([{ code: 'BAD_BODY' }]);
    await turnsUntil(() => openUnder(root) === 0);
  });

  it('and becomes longer is sent as long as it was', async () => {
    const { root, file } = world();
    const { client } = await serving(staticFiles(root));
    const peer = await client();
    await peer.send(get('/large'));
    const head = await peer.take(400);
    appendFileSync(file, 'more');
    const length = Number(field(head.slice(0, head.indexOf('\r\n\r\n')), 'Content-Length'));
    expect(length).toBe(size);
    await peer.take(head.indexOf('\r\n\r\n') + 4 + length - 400);
    await peer.send(get('/large', `Range: bytes=-4\r\n`));
    expect((await peer.answer()).body).toBe('more');
    await turnsUntil(() => openUnder(root) === 0);
  });
});
