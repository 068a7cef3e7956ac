import { onTestFinished, describe, expect, test, vi } from 'vitest';
import { socketPair, type ByteStream } from '@wirestack/socket';
import { RecordingReceiver } from '../src/testing/recording-receiver.ts';
import { tap, type StreamObserver } from '../src/tap.ts';
import { textUntilEnd, turnsUntil } from './scratch.ts';
import { itKeepsTheContract, overMemory, overTcp, tcpPair } from './streams/contract.ts';

const text = new TextDecoder();

/** Writes down what it is told: `received one`, `sent end`, `closed RESET`. */
class Log implements StreamObserver {
  readonly lines: string[] = [];

  data(direction: string, chunk: Uint8Array): void {
    this.lines.push(`${direction} ${text.decode(chunk)}`);
  }

  end(direction: string): void {
    this.lines.push(`${direction} end`);
  }

  closed(error: Error | undefined): void {
    this.lines.push(`closed ${String((error as { code?: string } | undefined)?.code)}`);
  }

  until(line: string): Promise<void> {
    return turnsUntil(() => this.lines.includes(line));
  }
}

const pairs: Readonly<Record<string, () => Promise<[ByteStream, ByteStream]>>> = {
  memory: () => Promise.resolve(socketPair()),
  TCP: async () => {
    const { a, b, close } = await tcpPair();
    onTestFinished(async () => {
      a.abort();
      b.abort();
      await close();
    });
    return [a, b];
  },
};

for (const [transport, makePair] of Object.entries(pairs)) {
  describe(`tap over ${transport}`, () => {
    async function tapped(): Promise<{ a: ByteStream; b: ByteStream; log: Log }> {
      const [inner, b] = await makePair();
      const log = new Log();
      return { a: tap(inner, log), b, log };
    }

    test('tells of every chunk and both ends, in pull mode', async () => {
      const { a, b, log } = await tapped();
      await a.write('question');
      expect(text.decode(await b.read())).toBe('question');
      await b.write('answer');
      expect(text.decode(await a.read())).toBe('answer');
      await a.shutdown('write');
      await b.close();
      expect(await a.read()).toBeUndefined();
      expect(await a.read()).toBeUndefined();
      await log.until('closed undefined');
      await a.close();
      expect(log.lines).toEqual([
        'sent question',
        'received answer',
        'sent end',
        'received end',
        'closed undefined',
      ]);
    });

    test('tells of every chunk and both ends, in push mode', async () => {
      const { a, b, log } = await tapped();
      const receiver = new RecordingReceiver();
      a.attach(receiver);
      await b.write('question');
      await receiver.untilBytes(8);
      await b.shutdown('write');
      await receiver.untilCalled('end');
      await a.write('answer');
      await a.shutdown('write');
      await receiver.untilCalled('closed');
      expect(receiver.text).toBe('question');
      expect(await textUntilEnd(b)).toBe('answer');
      expect(log.lines).toEqual([
        'received question',
        'received end',
        'sent answer',
        'sent end',
        'closed undefined',
      ]);
    });

    test('tells that a stream is over after what had arrived by then', async () => {
      const { a, b, log } = await tapped();
      await b.write('one');
      await b.shutdown('write');
      await a.shutdown('write');
      expect(await b.read()).toBeUndefined();
      // Over for the stream below, where it was read ahead: not for who reads it here.
      await new Promise(setImmediate);
      expect(log.lines).toEqual(['sent end']);
      expect(text.decode(await a.read())).toBe('one');
      expect(await a.read()).toBeUndefined();
      await log.until('closed undefined');
      expect(log.lines).toEqual(['sent end', 'received one', 'received end', 'closed undefined']);
    });

    test('tells of an abort here, and of nothing after it', async () => {
      const { a, log } = await tapped();
      await a.write('one');
      a.abort(new Error('enough'));
      await a.write('two').catch(() => undefined);
      await expect(a.read()).rejects.toMatchObject({ code: 'ABORTED' });
      await log.until('closed ABORTED');
      await a.close();
      expect(log.lines).toEqual(['sent one', 'closed ABORTED']);
    });

    test('tells of a cancelled write, which aborts', async () => {
      const { a, log } = await tapped();
      await expect(a.write('never', { signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'ABORTED',
      });
      await log.until('closed ABORTED');
      expect(log.lines.at(-1)).toBe('closed ABORTED');
    });

    test('tells of a reset by the peer, as who reads learns of it', async () => {
      const { a, b, log } = await tapped();
      const reading = a.read();
      b.abort();
      await expect(reading).rejects.toMatchObject({ code: 'RESET' });
      await log.until('closed RESET');
      expect(log.lines).toEqual(['closed RESET']);
    });

    test('tells nothing more of what was closed unread', async () => {
      const { a, b, log } = await tapped();
      await b.write('unread');
      await a.close();
      await b.close();
      await log.until('closed undefined');
      expect(log.lines).toEqual(['sent end', 'closed undefined']);
    });

    test('a read that is cancelled ends nothing', async () => {
      const { a, b, log } = await tapped();
      await expect(a.read({ timeoutMs: 0 })).rejects.toMatchObject({ code: 'TIMED_OUT' });
      await b.write('later');
      expect(text.decode(await a.read())).toBe('later');
      expect(log.lines).toEqual(['received later']);
    });

    test('corked writes are told of as they are written', async () => {
      const { a, b, log } = await tapped();
      a.cork();
      void a.write('one ');
      void a.write('two');
      expect(log.lines).toEqual(['sent one ', 'sent two']);
      a.uncork();
      await a.shutdown('write');
      expect(await textUntilEnd(b)).toBe('one two');
    });

    test('a receiver that was replaced is told nothing, and the observer everything once', async () => {
      const { a, b, log } = await tapped();
      const first = new RecordingReceiver();
      const second = new RecordingReceiver();
      a.attach(first);
      a.attach(second);
      await b.write('one');
      await b.close();
      await second.untilCalled('end');
      await a.close();
      await second.untilCalled('closed');
      expect(first.calls).toEqual([]);
      expect(log.lines).toEqual(['received one', 'received end', 'sent end', 'closed undefined']);
    });
  });
}

describe('tap', () => {
  test('shows strings as the bytes that are sent', async () => {
    const [inner, b] = socketPair();
    const chunks: Uint8Array[] = [];
    const a = tap(inner, { data: (_, chunk) => chunks.push(chunk) });
    await a.write('h\u00e9');
    await a.write('h\u00e9', { encoding: 'latin1' });
    await a.write('');
    await a.close();
    expect(chunks.map((chunk) => [...chunk])).toEqual([
      [0x68, 0xc3, 0xa9],
      [0x68, 0xe9],
    ]);
    const received: number[] = [];
    for await (const chunk of b) received.push(...chunk);
    expect(received).toEqual([0x68, 0xc3, 0xa9, 0x68, 0xe9]);
  });

  test('tells the time of the clock that it was given', async () => {
    const [inner, b] = socketPair();
    const times: [string, number][] = [];
    let now = 10;
    const observer: StreamObserver = {
      data: (direction, _, at) => times.push([direction, at]),
      end: (direction, at) => times.push([`${direction} end`, at]),
      closed: (_, at) => times.push(['closed', at]),
    };
    const a = tap(inner, observer, { now: () => now++ });
    await a.write('1');
    await b.read();
    await b.write('2');
    await a.read();
    await b.close();
    await a.read();
    await a.close();
    await turnsUntil(() => times.length === 5);
    expect(times).toEqual([
      ['sent', 10],
      ['received', 11],
      ['received end', 12],
      ['sent end', 13],
      ['closed', 14],
    ]);
  });

  test('tells the time of performance.now otherwise', async () => {
    const [inner] = socketPair();
    let told = Number.NaN;
    const before = performance.now();
    await tap(inner, { data: (_, __, at) => (told = at) }).write('1');
    expect(told).toBeGreaterThanOrEqual(before);
    expect(told).toBeLessThanOrEqual(performance.now());
  });

  test.each(['data', 'end', 'closed'] as const)(
    'an observer whose %s throws is let go with a warning, and the stream goes on',
    async (method) => {
      const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
      onTestFinished(() => {
        warn.mockRestore();
      });
      const [inner, b] = socketPair();
      let calls = 0;
      const thrown = new Error('the observer is broken');
      const a = tap(inner, {
        [method]: () => {
          calls++;
          throw thrown;
        },
      });
      await a.write('one ');
      await a.write('two');
      await b.write('three');
      expect(text.decode(await a.read())).toBe('three');
      await a.shutdown('write');
      expect(await textUntilEnd(b)).toBe('one two');
      await b.close();
      expect(await a.read()).toBeUndefined();
      await a.closed;
      await turnsUntil(() => warn.mock.calls.length > 0);
      expect(calls).toBe(1);
      expect(warn.mock.calls).toEqual([[thrown]]);
    },
  );

  test('an observer may look at nothing at all', async () => {
    const [inner, b] = socketPair();
    const a = tap(inner, {});
    await a.write('one');
    await a.close();
    expect(await textUntilEnd(b)).toBe('one');
    expect(a.localAddress).toBe(inner.localAddress);
  });
});

const deaf = (stream: ByteStream): ByteStream => tap(stream, new Log());
itKeepsTheContract('a tapped memory pair', overMemory(deaf));
itKeepsTheContract('a tapped TCP connection', overTcp(deaf));
