import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TcpConversation, type TcpConversationOptions } from '../../src/capture/tcp-conversation.ts';
import { contentOf, type Content } from './pcapng-reader.ts';

const decoder = new TextDecoder();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Recorded extends Content {
  readonly at: number;
  readonly comment: string | undefined;
}

function conversation(options: Partial<TcpConversationOptions> = {}): {
  packets: Recorded[];
  it: TcpConversation;
} {
  const packets: Recorded[] = [];
  const it = new TcpConversation(
    {
      local: { host: Uint8Array.of(192, 0, 2, 1), port: 1000 },
      remote: { host: Uint8Array.of(192, 0, 2, 2), port: 80 },
      role: 'client',
      firstSequence: 0,
      segmentBytes: 65_495,
      write: (packet, at, comment) => packets.push({ ...contentOf(packet), at, comment }),
      ...options,
    },
    1,
    'opened',
  );
  return { packets, it };
}

/** `> SA 0/1 text`: which way, the flags, the numbers relative to the first ones, and the data. */
function told(packets: readonly Recorded[]): string[] {
  const first = new Map<string, number>();
  return packets.map(({ source, flags, sequence, acknowledgement, payload }) => {
    if (!first.has(source)) first.set(source, sequence);
    const other = [...first].find(([end]) => end !== source)?.[1] ?? 0;
    const numbers = [sequence - (first.get(source) ?? 0), flags.includes('A') ? acknowledgement - other : 0];
    const relative = numbers.map((number) => String(number >>> 0)).join('/');
    const way = source === '192.0.2.1:1000' ? '>' : '<';
    return `${way} ${flags} ${relative} ${decoder.decode(payload)}`.trimEnd();
  });
}

describe('TcpConversation', () => {
  test('opens, carries data both ways and ends in order', () => {
    const { packets, it } = conversation();
    it.data('sent', bytes('question'), 2);
    it.data('received', bytes('answer'), 3);
    it.end('sent', 4);
    it.data('received', bytes('!'), 5);
    it.end('received', 6);
    it.close('in order', 7);
    expect(told(packets)).toEqual([
      '> S 0/0',
      '< SA 0/1',
      '> A 1/1',
      '> PA 1/1 question',
      '< A 1/9',
      '< PA 1/9 answer',
      '> A 9/7',
      '> FA 9/7',
      '< A 7/10',
      '< PA 7/10 !',
      '> A 10/8',
      '< FA 8/10',
      '> A 10/9',
    ]);
    expect(packets.map(({ at }) => at)).toEqual([1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]);
    expect(packets.map(({ comment }) => comment).filter((comment) => comment !== undefined)).toEqual([
      'opened',
    ]);
  });

  test('is opened by the other end where this one is the server', () => {
    const { packets, it } = conversation({ role: 'server' });
    it.data('sent', bytes('220 ready'), 2);
    expect(told(packets)).toEqual(['< S 0/0', '> SA 0/1', '< A 1/1', '> PA 1/1 220 ready', '< A 1/10']);
  });

  test('cuts data into segments, the last one pushed, and acknowledges them together', () => {
    const { packets, it } = conversation({ segmentBytes: 3 });
    it.data('sent', bytes('12345678'), 2);
    it.data('sent', bytes('901'), 2);
    expect(told(packets).slice(3)).toEqual([
      '> A 1/1 123',
      '> A 4/1 456',
      '> PA 7/1 78',
      '< A 1/9',
      '> PA 9/1 901',
      '< A 1/12',
    ]);
  });

  test('ends the direction that was not ended where it closes in order', () => {
    const { packets, it } = conversation();
    it.end('received', 2);
    it.close('in order', 3);
    expect(told(packets).slice(3)).toEqual(['< FA 1/1', '> A 1/2', '> FA 1/2', '< A 2/2']);
  });

  test.each([
    ['local', '> RA 4/1'],
    ['remote', '< RA 1/4'],
  ] as const)('is reset by the %s end, with the reason as comment', (resetBy, expected) => {
    const { packets, it } = conversation();
    it.data('sent', bytes('abc'), 2);
    it.close({ resetBy, comment: 'enough' }, 3);
    expect(told(packets).slice(-1)).toEqual([expected]);
    expect(packets.at(-1)?.comment).toBe('enough');
  });

  test('is not reset any more once both directions have ended', () => {
    const { packets, it } = conversation();
    it.end('sent', 2);
    it.end('received', 2);
    const before = packets.length;
    it.close({ resetBy: 'local', comment: '' }, 3);
    expect(packets).toHaveLength(before);
  });

  test('is over once it is closed, and a direction once it has ended', () => {
    const { packets, it } = conversation();
    it.end('sent', 2);
    it.data('sent', bytes('late'), 2);
    it.end('sent', 2);
    expect(told(packets).slice(3)).toEqual(['> FA 1/1', '< A 1/2']);
    it.close({ resetBy: 'remote', comment: '' }, 3);
    it.data('received', bytes('late'), 4);
    it.end('received', 4);
    it.close('in order', 4);
    expect(told(packets).slice(5)).toEqual(['< RA 1/2']);
  });

  test('whatever goes through it, no byte is lost or repeated and each is acknowledged, past 2³² too', () => {
    const step = fc.record({
      direction: fc.constantFrom('sent' as const, 'received' as const),
      chunk: fc.uint8Array({ maxLength: 50 }),
    });
    const firstSequence = fc.oneof(fc.constant(0xffff_fff0), fc.constant(0x7fff_fff0), fc.nat(2 ** 32 - 1));
    fc.assert(
      fc.property(
        fc.array(step),
        fc.integer({ min: 1, max: 60 }),
        firstSequence,
        (steps, segmentBytes, first) => {
          const { packets, it } = conversation({ segmentBytes, firstSequence: first });
          for (const { direction, chunk } of steps) it.data(direction, chunk, 2);
          it.close('in order', 3);
          for (const [direction, source] of [
            ['sent', '192.0.2.1:1000'],
            ['received', '192.0.2.2:80'],
          ] as const) {
            const own = packets.filter((packet) => packet.source === source);
            let next = own[0]?.sequence ?? 0;
            const carried: number[] = [];
            for (const { sequence, payload, flags } of own) {
              expect(sequence).toBe(next);
              carried.push(...payload);
              next = (next + payload.length + (/[SF]/.test(flags) ? 1 : 0)) >>> 0;
            }
            expect(carried).toEqual(
              steps.flatMap((one) => (one.direction === direction ? [...one.chunk] : [])),
            );
            const last = packets.filter((packet) => packet.source !== source).at(-1);
            expect(last?.acknowledgement).toBe(next);
          }
        },
      ),
    );
  });
});
