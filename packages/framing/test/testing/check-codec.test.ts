import { describe, expect, test } from 'vitest';
import {
  delimiter,
  FramingError,
  lengthPrefix,
  QueueDecoder,
  type ByteSink,
  type Codec,
  type Decoder,
  type FramingErrorCode,
} from '../../src/codecs/index.ts';
import { checkCodec, codecContract, type CodecSample } from '../../src/testing/index.ts';
import { hex, utf8 } from '../bytes.ts';

/** The names of the sentences that a sample breaks. */
function broken<In, Out>(sample: CodecSample<In, Out>): string[] {
  return codecContract(sample)
    .filter(({ run }) => {
      try {
        run();
        return false;
      } catch {
        return true;
      }
    })
    .map(({ name }) => name);
}

const good = lengthPrefix({ bytes: 1, maxBytes: 4 });
const sample: CodecSample<Uint8Array> = {
  name: 'sample',
  codec: good,
  frames: [hex('01 02 03'), hex(''), hex('04')],
  bytes: hex('03 01 02 03 00 01 04'),
  malformed: [{ bytes: hex('01 01 05'), code: 'TOO_LARGE' }],
  limit: { bytes: hex('04 01 02 03 04'), tooLarge: hex('05 01 02 03 04 05'), maxBufferedBytes: 4 },
};

function withDecoder(decoder: () => Decoder<Uint8Array>): CodecSample<Uint8Array> {
  return { ...sample, codec: { ...good, decoder } };
}

/** The good decoder, changed in one way. */
function spoilt(
  change: (decoder: Decoder<Uint8Array>) => Partial<Decoder<Uint8Array>>,
): CodecSample<Uint8Array> {
  return withDecoder(() => {
    const decoder = good.decoder();
    const { push, next, end } = {
      push: decoder.push.bind(decoder),
      next: decoder.next.bind(decoder),
      end: decoder.end.bind(decoder),
    };
    const own = { push, next, end };
    Object.defineProperty(own, 'bufferedBytes', { get: () => decoder.bufferedBytes, configurable: true });
    return Object.defineProperties(own, Object.getOwnPropertyDescriptors(change(decoder))) as typeof own &
      Decoder<Uint8Array>;
  });
}

test('a codec that keeps the contract passes', () => {
  expect(broken(sample)).toEqual([]);
  checkCodec(sample);
});

test('frames may be anything, and what is decoded may differ from what is encoded', () => {
  const lines = delimiter('\n');
  const json: Codec<unknown> = {
    name: 'json lines',
    decoder: () => {
      const inner = lines.decoder();
      const parse = (line: Uint8Array | undefined): unknown =>
        line === undefined ? undefined : JSON.parse(new TextDecoder().decode(line));
      return {
        push: (chunk) => {
          inner.push(chunk);
        },
        next: () => parse(inner.next()),
        end: () => parse(inner.end()),
        get bufferedBytes() {
          return inner.bufferedBytes;
        },
      };
    },
    encoder: () => {
      const inner = lines.encoder();
      return {
        encode: (value, into) => {
          inner.encode(utf8(JSON.stringify(value)), into);
        },
      };
    },
  };
  checkCodec({
    name: 'json',
    codec: json,
    frames: [{ a: [1, null], at: new Date(0) }, null],
    decoded: [{ a: [1, null], at: '1970-01-01T00:00:00.000Z' }, null],
    bytes: utf8('{"a":[1,null],"at":"1970-01-01T00:00:00.000Z"}\nnull\n'),
  });
});

test('checkCodec() throws an AggregateError that names each broken sentence', () => {
  const wrong = { ...sample, bytes: hex('03 01 02 03 00 01 05') };
  expect(() => {
    checkCodec(wrong);
  }).toThrow(AggregateError);
  try {
    checkCodec(wrong);
  } catch (error) {
    const errors = (error as AggregateError).errors as Error[];
    expect(errors).toHaveLength(broken(wrong).length);
    expect(errors[0]?.message).toMatch(/^sample encodes the frames to the bytes/);
    expect(errors[0]?.cause).toMatchObject({ name: 'AssertionError' });
  }
});

describe('a codec breaks the contract that', () => {
  const encodings: [string, (frame: Uint8Array, into: ByteSink) => void][] = [
    [
      'fills what it reserved too late',
      (frame, into) => {
        const field = into.reserve(1);
        into.append(frame);
        field[0] = frame.length;
      },
    ],
    [
      'counts on reserved bytes being zero',
      (frame, into) => {
        const field = into.reserve(1);
        if (frame.length > 0) field[0] = frame.length;
        into.append(frame);
      },
    ],
  ];
  const shared = new Uint8Array(8);
  encodings.push([
    'changes bytes after it appended them',
    (frame, into) => {
      shared[0] = frame.length;
      into.append(shared.subarray(0, 1));
      into.append(frame);
    },
  ]);
  test.each(encodings)('%s', (_, encode) => {
    expect(broken({ ...sample, codec: { ...good, encoder: () => ({ encode }) } })).toContain(
      'encodes the frames to the bytes',
    );
  });

  test('shares a decoder between connections', () => {
    const one = good.decoder();
    expect(broken(withDecoder(() => one))).toContain('shares nothing between two decoders or two encoders');
  });

  test('sees frames within one chunk only', () => {
    const names = broken(
      withDecoder(() => {
        let decoder = good.decoder();
        return {
          push: (chunk) => {
            decoder = good.decoder();
            decoder.push(chunk);
          },
          next: () => decoder.next(),
          end: () => decoder.end(),
          bufferedBytes: 0,
        };
      }),
    );
    expect(names).toContain('decodes them cut in two at every offset');
    expect(names).toContain('decodes them a byte at a time');
  });

  test('throws on partial input', () => {
    const names = broken(
      spoilt((decoder) => ({
        next: () => {
          const frame = decoder.next();
          if (frame === undefined && decoder.bufferedBytes > 0) throw new FramingError('TRUNCATED', 'more!');
          return frame;
        },
      })),
    );
    expect(names).toContain(
      'asks for more, and never throws, on input cut short anywhere; end() then says TRUNCATED',
    );
  });

  test('says nothing of a truncated frame', () => {
    expect(broken(spoilt((decoder) => ({ end: () => decoder.next() })))).toEqual([
      'asks for more, and never throws, on input cut short anywhere; end() then says TRUNCATED',
    ]);
  });

  test('ends with a frame, for ever', () => {
    const names = broken(spoilt((decoder) => ({ end: () => decoder.end() ?? hex('00') })));
    expect(names).toContain('answers undefined ever after the end');
    expect(names).toContain('decodes the bytes in one piece');
  });

  test('returns frames that change', () => {
    const scratch = new Uint8Array(16);
    const names = broken(
      spoilt((decoder) => ({
        next: () => {
          const frame = decoder.next();
          if (frame === undefined) return undefined;
          scratch.set(frame);
          return scratch.subarray(0, frame.length);
        },
      })),
    );
    expect(names).toContain('leaves the frames it returned as they were, whatever it decodes later');
  });

  test.each([
    ['too many', () => 1000],
    ['none', () => 0],
    ['a negative number', () => -1],
  ])('counts %s bytes', (_, count) => {
    const names = broken(
      spoilt(() => ({
        get bufferedBytes() {
          return count();
        },
      })),
    );
    expect(names).toContain('counts the bytes it holds');
  });

  test('has no limit', () => {
    const names = broken({ ...sample, codec: lengthPrefix({ bytes: 1 }) });
    expect(names).toContain('refuses a frame one past the limit, for good, and holds no more than the limit');
    expect(names).toContain('refuses malformed input 1 as TOO_LARGE, the same wherever it is cut');
  });

  test('has a lower limit than it says', () => {
    expect(broken({ ...sample, codec: lengthPrefix({ bytes: 1, maxBytes: 3 }) })).toContain(
      'takes a frame at the limit',
    );
  });

  test('refuses with another code', () => {
    const other = (code: FramingErrorCode): CodecSample<Uint8Array> => ({
      ...sample,
      malformed: [{ bytes: hex('05'), code }],
    });
    expect(broken(other('TOO_LARGE'))).toEqual([]);
    expect(broken(other('MALFORMED'))).toEqual([
      'refuses malformed input 1 as MALFORMED, the same wherever it is cut',
    ]);
  });

  test('recovers from a failure, or gathers bytes after it', () => {
    class Forgetful extends QueueDecoder<Uint8Array> {
      protected parse(): Uint8Array | undefined {
        const size = this.queue.length === 0 ? Infinity : this.queue.at(0);
        if (size > 4 && size < Infinity) throw new FramingError('TOO_LARGE', 'once');
        if (this.queue.length <= size) return undefined;
        this.queue.skip(1);
        return this.queue.take(size);
      }
    }
    expect(broken(withDecoder(() => new Forgetful()))).toContain(
      'refuses malformed input 1 as TOO_LARGE, the same wherever it is cut',
    );
  });

  test('reserves what a header claims', () => {
    class Trusting extends QueueDecoder<Uint8Array> {
      room: Uint8Array | undefined;
      protected parse(): undefined {
        if (this.queue.length < 4) return;
        this.room = new Uint8Array(2 ** (this.queue.at(0) - 1) * 2 ** 20);
        this.fail('TOO_LARGE', 'too late');
      }
    }
    const names = broken({
      ...withDecoder(() => new Trusting()),
      malformed: [{ bytes: hex('07 ff ff ff 00'), code: 'TOO_LARGE' }],
    });
    expect(names).toContain('reserves nothing on the word of malformed input 1');
  });
});
