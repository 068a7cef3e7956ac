import { describe, expect, test } from 'vitest';
import { LinkedStream, type Link } from '../../src/streams/linked-stream.ts';
import { socketPair } from '../../src/streams/memory-pair.ts';
import { streamContract } from '../../src/testing/check-stream.ts';
import { turnsUntil } from '../scratch.ts';

describe('ByteStream over a link whose calls arrive turns later', () => {
  for (const { name, run } of streamContract) {
    test(name, { timeout: 30_000 }, () =>
      run(() => {
        const { a, b } = slowPair();
        return Promise.resolve({ a, b });
      }),
    );
  }
});

describe('what a stream tells its link', () => {
  test('every byte sent is given back as credit, read or dropped', async () => {
    const { a, b, calls } = slowPair();
    await a.write('read');
    await a.write('');
    await b.read();
    await a.write('dropped');
    await turnsUntil(() => b.isReadable);
    await b.shutdown('read');
    await a.write('late');
    await turnsUntil(() => calls.b.length === 3);
    expect(calls.a).toEqual(['data 4', 'data 7', 'data 4']);
    expect(calls.b).toEqual(['consumed 4', 'consumed 7', 'consumed 4']);
  });

  test('a push-mode receiver gives credit back as it takes', async () => {
    const { a, b, calls } = slowPair();
    b.attach({
      data: () => undefined,
      end: () => undefined,
      closed: () => undefined,
      drain: () => undefined,
    });
    await a.write('taken');
    await turnsUntil(() => calls.b.length === 1);
    expect(calls.b).toEqual(['consumed 5']);
  });

  test('corked writes leave as one', async () => {
    const { a, calls } = slowPair();
    a.cork();
    await a.write('1');
    await a.write('23');
    expect(calls.a).toEqual([]);
    a.uncork();
    expect(calls.a).toEqual(['data 3']);
  });

  test('closed is the last call of both where both directions ended', async () => {
    const { a, b, calls } = slowPair();
    await a.shutdown('write');
    await b.shutdown('write');
    await Promise.all([a.closed, b.closed]);
    await Promise.all([a.close(), b.close()]);
    a.abort();
    expect(calls.a).toEqual(['end', 'closed']);
    expect(calls.b).toEqual(['end', 'closed']);
  });

  test('close() ends and is over, with reset where bytes were unread', async () => {
    const read = slowPair();
    await read.a.close();
    expect(read.calls.a).toEqual(['end', 'closed']);
    const unread = slowPair();
    await unread.b.write('unread');
    await turnsUntil(() => unread.a.isReadable);
    await unread.a.close();
    expect(unread.calls.a).toEqual(['end', 'reset']);
    await expect(unread.b.closed).rejects.toMatchObject({ code: 'RESET' });
  });

  test('bytes that were on their way to an end that closed meanwhile are a reset', async () => {
    const { a, b } = slowPair();
    await b.write('crosses the close');
    await a.close();
    await expect(b.closed).rejects.toMatchObject({ code: 'RESET' });
  });

  test('abort() is one reset, and the answer to one', async () => {
    const { a, b, calls } = slowPair();
    a.abort();
    a.abort();
    await expect(b.closed).rejects.toMatchObject({ code: 'RESET' });
    b.abort();
    expect(calls.a).toEqual(['reset']);
    expect(calls.b).toEqual(['reset']);
  });

  test('a link that breaks fails the stream with its error, after what had arrived', async () => {
    const { SocketError } = await import('../../src/errors.ts');
    const { a, b } = slowPair();
    await a.write('before');
    await turnsUntil(() => b.isReadable);
    b.fail(new SocketError('OTHER', 'broken'));
    expect(Buffer.from((await b.read()) ?? []).toString()).toBe('before');
    await expect(b.read()).rejects.toMatchObject({ code: 'OTHER', message: 'broken' });
    await expect(b.write('x')).rejects.toMatchObject({ code: 'OTHER' });
  });
});

describe('readiness', () => {
  test('readable with bytes, the end or an error; and reading it dry ends that', async () => {
    const [a, b] = socketPair();
    expect(b.isReadable).toBe(false);
    await a.write('x');
    expect(b.isReadable).toBe(true);
    await b.read();
    expect(b.isReadable).toBe(false);
    await a.shutdown('write');
    expect(b.isReadable).toBe(true);
    const [, aborted] = socketPair();
    aborted.abort();
    expect(aborted.isReadable).toBe(true);
  });

  test('writable until back-pressure, and again after it', async () => {
    const [a, b] = socketPair({ highWaterBytes: 4 });
    expect(a.isWritable).toBe(true);
    void a.write('1234');
    expect(a.isWritable).toBe(false);
    await b.read();
    expect(a.isWritable).toBe(true);
    void a.write('1234');
    b.abort();
    expect(a.isWritable, 'a write would answer at once, with the error').toBe(true);
  });

  test('a watcher is told of each change, in a later turn, until it stops', async () => {
    const [a, b] = socketPair({ highWaterBytes: 4 });
    const seen: string[] = [];
    const stop = b.watch(() =>
      seen.push(`${b.isReadable ? 'readable' : '-'} ${b.isWritable ? 'writable' : '-'}`),
    );
    await a.write('1');
    expect(seen).toEqual(['readable writable']);
    await b.read();
    void b.write('1234');
    await a.read();
    expect(seen).toEqual(['readable writable', '- writable']);
    await a.shutdown('write');
    await Promise.resolve();
    expect(seen).toEqual(['readable writable', '- writable', 'readable writable']);
    stop();
    a.abort();
    await Promise.resolve();
    expect(seen).toHaveLength(3);
  });

  test('a watcher that watches twice is told twice, and stops one at a time', async () => {
    const [a, b] = socketPair();
    let told = 0;
    const onChange = (): void => void told++;
    const stop = b.watch(onChange);
    b.watch(onChange);
    await a.write('1');
    await Promise.resolve();
    expect(told).toBe(2);
    stop();
    await a.write('2');
    await Promise.resolve();
    expect(told).toBe(3);
  });

  test('in push mode watch() is refused with ATTACHED', () => {
    const [a] = socketPair();
    a.attach({
      data: () => undefined,
      end: () => undefined,
      closed: () => undefined,
      drain: () => undefined,
    });
    expect(() => a.watch(() => undefined)).toThrow(expect.objectContaining({ code: 'ATTACHED' }) as Error);
  });
});

/** Two linked streams between which every call takes a turn of the event loop, and the calls made. */
function slowPair(): { a: LinkedStream; b: LinkedStream; calls: { a: string[]; b: string[] } } {
  const marks = { highWaterBytes: 65_536, lowWaterBytes: 32_768 };
  const [local, remote] = [
    { family: 'memory', name: 'a' },
    { family: 'memory', name: 'b' },
  ] as const;
  const a = new LinkedStream({ local, remote, ...marks });
  const b = new LinkedStream({ local: remote, remote: local, ...marks });
  const calls: { a: string[]; b: string[] } = { a: [], b: [] };
  a.join(slow(b.incoming, calls.a));
  b.join(slow(a.incoming, calls.b));
  return { a, b, calls };
}

function slow(link: Link, calls: string[]): Link {
  const later = (call: string, make: () => void): void => {
    calls.push(call);
    setImmediate(make);
  };
  return {
    data: (bytes) => later(`data ${String(bytes.length)}`, () => link.data(bytes)),
    consumed: (bytes) => later(`consumed ${String(bytes)}`, () => link.consumed(bytes)),
    end: () => later('end', () => link.end()),
    closed: () => later('closed', () => link.closed()),
    reset: () => later('reset', () => link.reset()),
  };
}
