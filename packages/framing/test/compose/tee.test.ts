import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  delimiter,
  encodeAll,
  framed,
  FramingError,
  handover,
  lengthPrefix,
  tee,
  type FrameObserver,
} from '../../src/index.ts';
import { socketPair } from '@wirestack/socket';
import { decodeAll, hex, keepsContract, text, utf8 } from '../bytes.ts';

const silent: FrameObserver<Uint8Array> = {};
const noisy: FrameObserver<Uint8Array> = {
  received: () => undefined,
  sent: () => undefined,
  failed: () => undefined,
};
for (const [name, observer] of [
  ['silent', silent],
  ['noisy', noisy],
] as const) {
  keepsContract({
    name: `tee(lengthPrefix, a ${name} observer)`,
    codec: tee(lengthPrefix({ bytes: 1, maxBytes: 5 }), observer),
    frames: [hex('61'), hex(''), hex('62 63')],
    bytes: hex('01 61 00 02 62 63'),
    malformed: [
      { bytes: hex('01 61 06'), code: 'TOO_LARGE' },
      { bytes: hex('01'), code: 'TRUNCATED' },
    ],
  });
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('tee', () => {
  test('tells of each message, in order, the very one that is received or sent', () => {
    const told: [string, Uint8Array][] = [];
    const codec = tee(delimiter(','), {
      received: (frame) => told.push(['received', frame]),
      sent: (frame) => told.push(['sent', frame]),
    });
    const frames = decodeAll(codec, [utf8('a,b,')]);
    expect(told.map(([, frame]) => frame)).toEqual(frames);
    expect(told[0]![1]).toBe(frames[0]);
    told.length = 0;
    encodeAll(codec, frames);
    expect(told).toEqual([
      ['sent', frames[0]],
      ['sent', frames[1]],
    ]);
  });

  test('tells of a failure once, and not of a message that the encoder refused', () => {
    const failed = vi.fn();
    const sent = vi.fn();
    const codec = tee(delimiter(',', { maxBytes: 3 }), { failed, sent });
    const decoder = codec.decoder();
    decoder.push(utf8('a,four'));
    expect(text(decoder.next()!)).toBe('a');
    for (let again = 0; again < 3; again++) expect(() => decoder.next()).toThrow(FramingError);
    expect(failed).toHaveBeenCalledTimes(1);
    expect(failed.mock.calls[0]![0]).toMatchObject({ code: 'TOO_LARGE' });
    expect(() => encodeAll(codec, [utf8('a,b')])).toThrow();
    expect(sent).not.toHaveBeenCalled();
  });

  test('goes on without an observer that throws, and says so once', () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue(undefined);
    const throwing = vi.fn(() => {
      throw new Error('observer');
    });
    const codec = tee(delimiter(','), { received: throwing, sent: throwing, failed: throwing });
    expect(decodeAll(codec, [utf8('a,b,')]).map(text)).toEqual(['a', 'b']);
    expect(throwing).toHaveBeenCalledTimes(1);
    expect(text(encodeAll(codec, ['a', 'b'].map(utf8)))).toBe('a,b,');
    expect(throwing).toHaveBeenCalledTimes(2);
    expect(() => decodeAll(codec, [utf8('a')])).toThrow(FramingError);
    expect(throwing).toHaveBeenCalledTimes(3);
    expect(warn).toHaveBeenCalledTimes(3);
  });

  test('can be followed in mid-stream, as what it watches can', async () => {
    const codec = handover(tee(delimiter(','), silent), { received: () => lengthPrefix({ bytes: 1 }) });
    expect(decodeAll(codec, [utf8('a,\x01b')]).map(text)).toEqual(['a', 'b']);
    const [a, peer] = socketPair();
    await peer.write('a,\x01b');
    const here = framed(a, tee(delimiter(','), silent));
    await here.receive();
    expect(text((await here.switchTo(lengthPrefix({ bytes: 1 })).receive())!)).toBe('b');
  });
});
