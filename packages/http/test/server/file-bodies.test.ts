import { mkdtemp, open, readdir, readlink, rm, truncate, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { FileBody, HttpResponse } from '@wirestack/http';
import { gate, ManualClock, serving, standstill, turn, turnsUntil, type Served } from './harness.ts';
import { field, get, type RawClient } from './raw-client.ts';

const size = 10_485_760;
/** No two stretches of it are the same for long. */
const bytes = Buffer.alloc(size);
for (let at = 0; at < size; at += 4) bytes.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);

interface Filed extends Served {
  readonly path: string;
  /** Descriptors of the file that this process has open. */
  descriptors(): Promise<number>;
}

/** A server of one file: `respond` is asked for what to answer with the open file. */
async function serveFile(
  respond: (file: FileHandle, path: string) => HttpResponse | Promise<HttpResponse> = (file) => ({
    status: 200,
    body: { file, length: size },
  }),
  options: Parameters<typeof serving>[1] = {},
): Promise<Filed> {
  const directory = await mkdtemp(join(tmpdir(), 'wirestack-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'file');
  await writeFile(path, bytes);
  const served = await serving(async (request) => respond(await open(path), request.path), options);
  return {
    ...served,
    path,
    async descriptors() {
      const links = (await readdir('/proc/self/fd')).map((fd) =>
        readlink(`/proc/self/fd/${fd}`).catch(() => undefined),
      );
      return (await Promise.all(links)).filter((link) => link === path).length;
    },
  };
}

async function untilClosed({ descriptors }: Filed): Promise<void> {
  while ((await descriptors()) > 0) await turn();
}

const part = (start: number, length: number): string =>
  bytes.subarray(start, start + length).toString('latin1');

test('10 MB come intact, one after the other over one connection, and leave no descriptor', async () => {
  const served = await serveFile();
  const peer = await served.client();
  await peer.send(get('/1') + get('/2'));
  for (let i = 0; i < 2; i++) {
    const { status, head, body } = await peer.answer();
    expect([status, field(head, 'Content-Length')]).toEqual([200, String(size)]);
    expect(body === part(0, size)).toBe(true);
  }
  await peer.send(get('/3'));
  expect((await peer.answer()).body.length).toBe(size);
  await untilClosed(served);
});

test('many at once', async () => {
  const served = await serveFile();
  const peers = await Promise.all(Array.from({ length: 8 }, () => served.client()));
  const bodies = await Promise.all(
    peers.map(async (peer) => {
      await peer.send(get());
      return (await peer.answer()).body === part(0, size);
    }),
  );
  expect(bodies).toEqual(Array<boolean>(8).fill(true));
  await untilClosed(served);
});

test.each([
  [0, 1],
  [0, 65_536],
  [1, 65_537],
  [5, 262_144],
  [262_143, 262_145],
  [size - 1, 1],
  [size - 70_000, 70_000],
  [3, size - 3],
  [size, 0],
  [0, 0],
])('a part: from %i, %i bytes', async (start, length) => {
  const served = await serveFile((file) => ({ status: 206, body: { file, start, length } }));
  const peer = await served.client();
  await peer.send(get() + get());
  for (const { status, head, body } of await peer.answers(2)) {
    expect([status, field(head, 'Content-Length')]).toEqual([206, String(length)]);
    expect(body === part(start, length)).toBe(true);
  }
  await untilClosed(served);
});

test("neither a file's own position matters, nor is it moved", async () => {
  const bodies: FileBody[] = [];
  const served = await serveFile(async (file) => {
    await file.read(Buffer.alloc(1000), 0, 1000, null);
    const body = { file, start: 10, length: 100_000 };
    bodies.push(body);
    return { status: 200, body };
  });
  const peer = await served.client();
  await peer.send(get());
  expect((await peer.answer()).body === part(10, 100_000)).toBe(true);
  await untilClosed(served);
  expect(bodies).toHaveLength(1);
});

test('HEAD, 204 and 304 send nothing of it, and close it', async () => {
  const served = await serveFile((file, path) => ({
    status: Number(path.slice(1)),
    body: { file, length: size },
  }));
  const peer = await served.client();
  await peer.send(get('/200').replace('GET', 'HEAD') + get('/204') + get('/304'));
  const head = await peer.answer('HEAD');
  expect([head.status, field(head.head, 'Content-Length')]).toEqual([200, String(size)]);
  expect((await peer.answer()).status).toBe(204);
  expect((await peer.answer()).status).toBe(304);
  await untilClosed(served);
});

describe('a client that leaves', () => {
  test.each([
    ['resets', (peer: RawClient) => peer.stream.abort()],
    ['closes', (peer: RawClient) => void peer.stream.close()],
  ])('and %s, at any length of it, closes the descriptor', async (_name, leave) => {
    const served = await serveFile();
    for (let taken = 0; taken < size; taken += 1_500_000) {
      const peer = await served.client();
      await peer.send(get());
      await peer.take(taken);
      leave(peer);
    }
    await turnsUntil(() => served.server.stats.connections === 0);
    await untilClosed(served);
    expect(served.errors).toEqual([]);
  });

  test('before its turn comes: the file that waits is closed', async () => {
    const { opened, open: answer } = gate();
    const served = await serveFile(async (file, path) => {
      if (path === '/slow') {
        await file.close();
        await opened;
        return { status: 200 };
      }
      return { status: 200, body: { file, length: size } };
    });
    const peer = await served.client();
    await peer.send(get('/slow') + get('/1') + get('/2'));
    while ((await served.descriptors()) < 2) await turn();
    peer.stream.abort();
    await turnsUntil(() => served.server.stats.connections === 0);
    answer();
    await untilClosed(served);
  });

  test('while its handler works: the file that comes too late is closed', async () => {
    const { opened, open: answer } = gate();
    const served = await serveFile(async (file) => {
      await opened;
      return { status: 200, body: { file, length: size } };
    });
    const peer = await served.client();
    await peer.send(get());
    await turnsUntil(() => served.server.stats.requests === 1);
    peer.stream.abort();
    await turnsUntil(() => served.server.stats.connections === 0);
    answer();
    await turn();
    await untilClosed(served);
  });

  test('or takes nothing: cut off after writeTimeoutMs, the file closed', async () => {
    const clock = new ManualClock();
    const served = await serveFile((file) => ({ status: 200, body: { file, length: size } }), { clock });
    const peer = await served.client();
    // The kernel may hold one of them, but not all.
    await peer.send(get().repeat(4));
    await turnsUntil(() => served.server.stats.requests === 4);
    while (served.server.stats.connections > 0) {
      clock.pass(1);
      await turn();
    }
    await untilClosed(served);
    expect((await peer.untilCut()).length).toBeLessThan(4 * size);
  });

  test('is as one that close() aborts', async () => {
    const served = await serveFile();
    const peer = await served.client();
    await peer.send(get().repeat(4));
    await turnsUntil(() => served.server.stats.requests === 4);
    await served.server.close();
    await untilClosed(served);
  });
});

describe('a file that is not what it was announced to be', () => {
  test.each([0, 40_000, 100_000, size - 1])(
    'shorter, %i bytes: the connection ends, not a byte is made up, and onError is told',
    async (short) => {
      const served = await serveFile();
      await truncate(served.path, short);
      const peer = await served.client();
      await peer.send(get() + get('/behind'));
      const got = await peer.untilCut();
      const body = got.slice(got.indexOf('\r\n\r\n') + 4);
      expect(body.length).toBeLessThanOrEqual(short);
      expect(body === part(0, body.length)).toBe(true);
      await turnsUntil(() => served.server.stats.connections === 0);
      expect(served.errors[0]).toMatchObject({ name: 'HttpUsageError', code: 'BAD_BODY' });
      expect(served.errors.splice(0)).toHaveLength(1);
      await untilClosed(served);
    },
  );

  test('a short one that is shorter still', async () => {
    const served = await serveFile((file) => ({ status: 200, body: { file, start: size - 10, length: 20 } }));
    const peer = await served.client();
    await peer.send(get());
    const got = await peer.untilCut();
    expect(got.slice(got.indexOf('\r\n\r\n') + 4).length).toBeLessThanOrEqual(10);
    expect(served.errors.splice(0)).toEqual([expect.objectContaining({ code: 'BAD_BODY' })]);
    await untilClosed(served);
  });

  test('shrunk while it is sent', async () => {
    const served = await serveFile();
    const peer = await served.client();
    await peer.send(get().repeat(3));
    await turnsUntil(() => served.server.stats.requests === 3);
    await standstill(() => 0);
    await truncate(served.path, 0);
    const got = await peer.untilCut();
    const body = got.slice(got.indexOf('\r\n\r\n') + 4);
    expect(body.slice(0, size) === part(0, Math.min(body.length, size))).toBe(true);
    await turnsUntil(() => served.server.stats.connections === 0);
    expect(served.errors.splice(0).length).toBeGreaterThan(0);
    await untilClosed(served);
  });

  test('longer: cut at the length', async () => {
    const served = await serveFile((file) => ({ status: 200, body: { file, length: 100_000 } }));
    const peer = await served.client();
    await peer.send(get() + get());
    expect((await peer.answers(2)).every(({ body }) => body === part(0, 100_000))).toBe(true);
    await untilClosed(served);
  });
});

describe('a response with a file that cannot be sent is a 500, and the file is closed', () => {
  test.each([
    ['a status that is none', { status: 99 }],
    ['a field that breaks the head', { status: 200, headers: [['X', 'a\r\nb']] }],
    ['another Content-Length that is none', { status: 200, headers: [['Content-Length', 'x']] }],
  ] as [string, HttpResponse][])('%s', async (_name, response) => {
    const served = await serveFile((file) => ({ ...response, body: { file, length: size } }));
    const peer = await served.client();
    await peer.send(get());
    expect((await peer.answer()).status).toBe(500);
    expect(served.errors.splice(0)).toEqual([expect.objectContaining({ name: 'HttpUsageError' })]);
    await untilClosed(served);
  });

  test.each([
    ['a smaller Content-Length', '100', size],
    ['a larger Content-Length', String(size + 1), size],
  ])('%s than its length: cut off, for the head is out', async (_name, header, length) => {
    const served = await serveFile((file) => ({
      status: 200,
      headers: [['Content-Length', header]],
      body: { file, length },
    }));
    const peer = await served.client();
    await peer.send(get());
    await peer.untilCut();
    await turnsUntil(() => served.server.stats.connections === 0);
    expect(served.errors.splice(0)).toEqual([expect.objectContaining({ code: 'BAD_BODY' })]);
    await untilClosed(served);
  });
});
