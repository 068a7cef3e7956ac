import { PassThrough, Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { decoderTransform, encoderTransform } from '../../src/adapters/node-streams.ts';
import {
  chain,
  delimiter,
  encodeAll,
  FramingUsageError,
  json,
  lengthPrefix,
  untilClose,
  utf8 as utf8Text,
} from '../../src/codecs/index.ts';
import { cutBy, cuts, text, utf8 } from '../bytes.ts';

const comma = chain(delimiter(',', { maxBytes: 10 }), utf8Text());

/** What a stream gives until it ends, and what it failed with. */
async function drain(stream: Readable): Promise<{ seen: unknown[]; error: unknown }> {
  const seen: unknown[] = [];
  try {
    for await (const item of stream) seen.push(item);
    return { seen, error: undefined };
  } catch (error) {
    return { seen, error };
  }
}

describe('decoderTransform', () => {
  test('is a Transform: bytes in, messages out', async () => {
    const decoder = decoderTransform(comma);
    expect(decoder).toBeInstanceOf(Transform);
    const seen: unknown[] = [];
    await pipeline(
      Readable.from(['one,tw', 'o,', ',three,'].map(utf8)),
      decoder,
      new Writable({
        objectMode: true,
        write: (message, _encoding, done) => {
          seen.push(message);
          done();
        },
      }),
    );
    expect(seen).toEqual(['one', 'two', '', 'three']);
  });

  test('gives the last message of a format that ends with the input', async () => {
    const decoder = decoderTransform(untilClose());
    decoder.write('all of ');
    decoder.end('it');
    expect((await drain(decoder)).seen.map((message) => text(message as Uint8Array))).toEqual(['all of it']);
  });

  test.each([
    ['a,b,much too long', 'TOO_LARGE'],
    ['a,b,c', 'TRUNCATED'],
  ])('of %j gives the messages before it fails with %s, in every way of reading', async (input, code) => {
    const iterated = decoderTransform(comma);
    iterated.end(input);
    await turn();
    expect(await drain(iterated)).toMatchObject({ seen: ['a', 'b'], error: { name: 'FramingError', code } });

    const flowing = decoderTransform(comma);
    const seen: unknown[] = [];
    flowing.on('data', (message) => seen.push(message));
    const failed = new Promise((resolve) => flowing.on('error', resolve));
    flowing.end(input);
    expect(await failed).toMatchObject({ code });
    expect(seen).toEqual(['a', 'b']);

    const piped: unknown[] = [];
    const piping = pipeline(
      Readable.from([utf8(input)]),
      decoderTransform(comma),
      new Writable({
        objectMode: true,
        highWaterMark: 1,
        write: (message, _encoding, done) => {
          piped.push(message);
          setImmediate(done);
        },
      }),
    );
    await expect(piping).rejects.toMatchObject({ code });
    expect(piped).toEqual(['a', 'b']);
  });

  test('decodes no more than is read, and holds the writer up', async () => {
    const decoded = vi.fn();
    const decoder = decoderTransform(
      chain(comma, {
        name: 'counting',
        decode: (message: string) => {
          decoded();
          return message;
        },
        encode: (message: string) => message,
      }),
      { highWaterMark: 4 },
    );
    const written = vi.fn();
    decoder.write('x,'.repeat(1000), written);
    await turn();
    expect(decoded).toHaveBeenCalledTimes(4);
    expect(written).not.toHaveBeenCalled();
    for (let count = 0; count < 10; count++) expect(decoder.read()).toBe('x');
    await turn();
    expect(decoded.mock.calls.length).toBeLessThanOrEqual(15);
    decoder.end();
    expect((await drain(decoder)).seen.length).toBe(990);
    expect(written).toHaveBeenCalledTimes(1);
  });

  test('destroyed, ends what it is piped from', async () => {
    const source = new PassThrough();
    const decoder = decoderTransform(comma);
    const piping = pipeline(source, decoder, async (messages: AsyncIterable<unknown>) => {
      for await (const _ of messages) return;
    });
    source.write('a,b,c,');
    await piping.catch(() => undefined);
    expect(source.destroyed).toBe(true);
    expect(decoder.destroyed).toBe(true);
  });

  test('fails for null, which a stream of node takes for its end', async () => {
    const decoder = decoderTransform(chain(delimiter('\n'), json()));
    decoder.end('0\nnull\n1\n');
    expect(await drain(decoder)).toMatchObject({ seen: [0], error: { name: 'FramingUsageError' } });
  });
});

describe('encoderTransform', () => {
  test('takes messages, and gives bytes', async () => {
    const encoder = encoderTransform(comma);
    encoder.write('one');
    encoder.end('two');
    expect(Buffer.concat((await drain(encoder)).seen as Buffer[]).toString()).toBe('one,two,');
  });

  test('fails with FramingUsageError for what the format cannot carry, after the messages before', async () => {
    const encoder = encoderTransform(comma);
    for (const message of ['a', 'b,c', 'd']) encoder.write(message);
    const { seen, error } = await drain(encoder);
    expect(Buffer.concat(seen as Buffer[]).toString()).toBe('a,');
    expect(error).toBeInstanceOf(FramingUsageError);
  });

  test('holds the writer up beyond its mark', async () => {
    const encoder = encoderTransform(comma, { highWaterMark: 6 });
    const written: string[] = [];
    for (const message of ['aa', 'bb', 'cc', 'dd']) encoder.write(message, () => written.push(message));
    await turn();
    expect(written).toEqual(['aa']);
    encoder.end();
    expect(Buffer.concat((await drain(encoder)).seen as Buffer[]).toString()).toBe('aa,bb,cc,dd,');
  });
});

test('through both, whatever is sent comes out again (property)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 6000 }), { maxLength: 8 }),
      cuts,
      fc.integer({ min: 1, max: 20 }),
      async (messages, sizes, highWaterMark) => {
        const codec = lengthPrefix();
        const encoder = encoderTransform(codec, { highWaterMark });
        for (const message of messages) encoder.write(message);
        encoder.end();
        const wire = Buffer.concat((await drain(encoder)).seen as Buffer[]);
        expect(wire.equals(encodeAll(codec, messages))).toBe(true);
        const decoder = decoderTransform(codec, { highWaterMark });
        const piped = Readable.from(cutBy(wire, sizes)).pipe(decoder);
        const { seen, error } = await drain(piped);
        expect(error).toBeUndefined();
        expect(seen.map((frame) => [...(frame as Uint8Array)])).toEqual(messages.map((frame) => [...frame]));
      },
    ),
    { numRuns: 60 },
  );
});
