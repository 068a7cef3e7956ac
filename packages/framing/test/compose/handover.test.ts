import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chain,
  delimiter,
  encodeAll,
  FramingUsageError,
  handover,
  lengthPrefix,
  untilClose,
  utf8,
  type Codec,
} from '../../src/codecs/index.ts';
import { framed } from '../../src/index.ts';
import { kinds } from '../streams.ts';
import { cutBy, cuts, decodeAll, hex, keepsContract, text, utf8 as bytesOf } from '../bytes.ts';

const lines = chain(delimiter('\n', { maxBytes: 10 }), utf8());
const binary = lengthPrefix({ bytes: 1, maxBytes: 20 });
const afterGo = (line: string): Codec<string | Uint8Array> | undefined => {
  if (line === 'BAD') throw new RangeError('bad line');
  return line === 'GO' ? back : undefined;
};
/** Lines until GO, then binary until an empty frame, then lines again. */
const upgrade: Codec<string | Uint8Array> = handover(lines, { received: afterGo, sent: afterGo });
const afterEmpty = (frame: Uint8Array): Codec<string | Uint8Array> | undefined =>
  frame.length === 0 ? upgrade : undefined;
const back: Codec<string | Uint8Array> = handover(binary, { received: afterEmpty, sent: afterEmpty });

keepsContract({
  name: 'handover(lines, lengthPrefix), there and back',
  codec: upgrade,
  frames: ['HI', 'GO', hex('61 0a 62'), hex('')],
  bytes: Uint8Array.of(...bytesOf('HI\nGO\n'), 3, 0x61, 0x0a, 0x62, 0),
  malformed: [
    { bytes: bytesOf('HI\nBAD\n'), code: 'MALFORMED' },
    { bytes: bytesOf('a line that is too long'), code: 'TOO_LARGE' },
    { bytes: Uint8Array.of(...bytesOf('GO\n'), 1, 0x61, 21), code: 'TOO_LARGE' },
    { bytes: Uint8Array.of(...bytesOf('GO\n'), 2, 0x61), code: 'TRUNCATED' },
    { bytes: bytesOf('HI\nG'), code: 'TRUNCATED' },
  ],
});

/** Three formats: the second is a handover itself, and the third has no end but the input's. */
const rest = handover(binary, {
  received: (frame) => (frame.length === 0 ? untilClose() : undefined),
  sent: (frame) => (frame.length === 0 ? untilClose() : undefined),
});
keepsContract({
  name: 'handover(lines, handover(lengthPrefix, untilClose))',
  codec: handover(lines, {
    received: (line) => (line === 'GO' ? rest : undefined),
    sent: (line) => (line === 'GO' ? rest : undefined),
  }),
  closeTerminated: true,
  frames: ['GO', hex('61'), hex(''), bytesOf('the rest')],
  bytes: Uint8Array.of(...bytesOf('GO\n'), 1, 0x61, 0, ...bytesOf('the rest')),
});

keepsContract({
  name: 'handover inside chain',
  codec: chain(upgrade, {
    name: 'tagged',
    decode: (frame: string | Uint8Array) => ({ frame }),
    encode: ({ frame }: { frame: string | Uint8Array }) => frame,
  }),
  frames: [{ frame: 'GO' }, { frame: hex('61') }, { frame: hex('') }],
  bytes: Uint8Array.of(...bytesOf('GO\n'), 1, 0x61, 0),
});

test('what comes with the last message of the first is the second’s, wherever it is cut (property)', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{0,8}$/), { maxLength: 5 }),
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 5 }),
      cuts,
      (before, after, sizes) => {
        const frames = [...before, 'GO', ...after];
        expect(decodeAll(upgrade, cutBy(encodeAll(upgrade, frames), sizes))).toEqual(frames);
      },
    ),
  );
});

test('a peer that goes back and forth 50,000 times nests nothing', () => {
  const rounds = 50_000;
  const frames = Array.from({ length: 2 * rounds }, (_, index) => (index % 2 === 0 ? 'GO' : hex('')));
  const wire = encodeAll(upgrade, frames);
  expect(text(wire) === 'GO\n\0'.repeat(rounds)).toBe(true);
  const decoder = upgrade.decoder();
  decoder.push(wire);
  let count = 0;
  while (decoder.next() !== undefined) count++;
  expect(count).toBe(2 * rounds);
});

test('asks once about each message of a format that may change, and not about those of the last', () => {
  const asked: unknown[] = [];
  const last = handover(binary, {
    received: (frame) => {
      asked.push(frame.length);
      return frame.length === 0 ? lines : undefined;
    },
  });
  const codec = handover(lines, {
    received: (line) => {
      asked.push(line);
      return line === 'GO' ? last : undefined;
    },
  });
  expect(decodeAll(codec, [bytesOf('HI\nGO\n\x01a\0GO\n')])).toEqual(['HI', 'GO', hex('61'), hex(''), 'GO']);
  expect(asked).toEqual(['HI', 'GO', 1, 0]);
});

describe('each direction changes by itself', () => {
  test('a decoder by what was received, an encoder by what was sent', () => {
    const onlyReceived = handover(lines, { received: () => binary });
    expect(encodeAll(onlyReceived, ['GO', 'HI'])).toEqual(bytesOf('GO\nHI\n'));
    const onlySent = handover(lines, { sent: afterGo });
    expect(decodeAll(onlySent, [bytesOf('GO\nHI\n')])).toEqual(['GO', 'HI']);
    expect(encodeAll(onlySent, ['GO', hex('61')])).toEqual(Uint8Array.of(...bytesOf('GO\n'), 1, 0x61));
  });

  test('where sent throws nothing is sent, and the first goes on', () => {
    const encoder = upgrade.encoder();
    const sink = { append: () => expect.fail('sent'), reserve: () => expect.fail('sent') };
    expect(() => {
      encoder.encode('BAD', sink);
    }).toThrow('bad line');
  });

  test('where the first refuses the message, the format does not change', () => {
    const codec = handover(lines, { sent: () => binary });
    const encoder = codec.encoder();
    const sent: number[] = [];
    const sink = {
      append: (bytes: Uint8Array) => sent.push(...bytes),
      reserve: () => expect.fail('lines reserve nothing'),
    };
    expect(() => {
      encoder.encode('too long for a line', sink);
    }).toThrow(FramingUsageError);
    encoder.encode('a', sink);
    expect(text(Uint8Array.from(sent))).toBe('a\n');
  });
});

test('a first codec that cannot give up its bytes is refused at once', () => {
  const bare: Codec<string> = {
    name: 'bare',
    decoder: () => ({ push: () => undefined, next: () => undefined, end: () => undefined, bufferedBytes: 0 }),
    encoder: () => lines.encoder(),
  };
  expect(() => handover(bare, { received: () => binary })).toThrow(FramingUsageError);
  expect(() => handover(bare, { sent: () => binary })).not.toThrow();
});

test.each(kinds)('over a stream, as part of framed(): %s', async (_, makePair) => {
  const [a, b] = await makePair();
  const client = framed(a, upgrade);
  const server = framed(b, upgrade);
  await client.sendAll(['HI', 'GO', hex('61 62')]);
  await client.end();
  const seen: unknown[] = [];
  for await (const frame of server) seen.push(frame);
  expect(seen.map((frame) => (typeof frame === 'string' ? frame : [...(frame as Uint8Array)]))).toEqual([
    'HI',
    'GO',
    [0x61, 0x62],
  ]);
  await Promise.all([a.close(), b.close()]);
});
