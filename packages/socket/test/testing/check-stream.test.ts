import { describe, expect, test } from 'vitest';
import { socketPair, type ByteStream } from '@wirestack/socket';
import { checkStream, streamContract, type StreamPairFactory } from '@wirestack/socket/testing';

/** A pair whose ends are the memory pair's, changed by `overrides`. */
const faulty =
  (overrides: (stream: ByteStream) => Partial<ByteStream>): StreamPairFactory =>
  () => {
    const [a, b] = socketPair().map((stream) => {
      const changed = overrides(stream);
      return new Proxy(stream, {
        get(target, key) {
          const value: unknown = Reflect.get(
            key in changed ? changed : target,
            key,
            key in changed ? changed : target,
          );
          return typeof value === 'function'
            ? (value.bind(key in changed ? changed : target) as unknown)
            : value;
        },
      });
    }) as unknown as [ByteStream, ByteStream];
    return Promise.resolve({ a, b });
  };

async function failuresOf(makePair: StreamPairFactory): Promise<string> {
  try {
    await checkStream(makePair);
  } catch (error) {
    expect(error).toBeInstanceOf(AggregateError);
    const { errors, message } = error as AggregateError;
    expect(message).toContain(`${String(errors.length)} of ${String(streamContract.length)} cases failed`);
    return errors.map((failure) => (failure as Error).message).join('\n');
  }
  return '';
}

describe('checkStream', () => {
  test('passes the memory pair, and every case has a name of its own', { timeout: 60_000 }, async () => {
    await checkStream(() => {
      const [a, b] = socketPair();
      return Promise.resolve({ a, b });
    });
    expect(new Set(streamContract.map(({ name }) => name)).size).toBe(streamContract.length);
  });

  test('names every case that fails', { timeout: 60_000 }, async () => {
    const failures = await failuresOf(
      faulty((stream) => ({
        write: (data, options) => {
          const another = stream.write(data, options).then(() => undefined);
          another.catch(() => undefined);
          return another;
        },
        cork: () => undefined,
      })),
    );
    expect(failures).toContain('one shared, already resolved promise: ');
    expect(failures).toContain('cork() holds writes back');
    expect(failures).not.toContain('the end is answered');
  });

  test(
    'finds a stream that reuses its memory, and one that tells `end` twice',
    { timeout: 60_000 },
    async () => {
      const failures = await failuresOf(
        faulty((stream) => {
          const shared = new Uint8Array(64 * 1024 * 1024);
          return {
            read: async (options) => {
              const chunk = await stream.read(options);
              shared.set(chunk ?? []);
              return chunk && shared.subarray(0, chunk.length);
            },
            attach: (receiver) => {
              stream.attach({
                data: (chunk) => {
                  receiver.data(chunk);
                },
                end: () => {
                  receiver.end();
                  receiver.end();
                },
                closed: (error) => {
                  receiver.closed(error);
                },
                drain: () => {
                  receiver.drain();
                },
              });
            },
          };
        }),
      );
      expect(failures).toContain("what was read is the caller's memory");
      expect(failures).toContain('a receiver gets the data, end once, and closed exactly once and last');
    },
  );
});
