import { fileURLToPath } from 'node:url';
import {
  delimiter,
  encodeAll,
  framed,
  lengthPrefix,
  lines,
  netstring,
  struct,
  structHeader,
  type Codec,
} from '@wirestack/framing';
import { connect, formatAddress, serve, type ByteStream } from '@wirestack/socket';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { output, Program } from '../support/program.ts';

const peer = fileURLToPath(new URL('./asyncio_peer.py', import.meta.url));

/** A format of `asyncio_peer.py`, and both roles in it. */
interface Format {
  readonly name: string;
  answerAll(stream: ByteStream): Promise<void>;
  askAll(stream: ByteStream): Promise<void>;
}

function format<Message>(
  name: string,
  codec: Codec<Message>,
  messages: fc.Arbitrary<Message>,
  answer: (message: Message) => Message,
): Format {
  return {
    name,
    async answerAll(stream) {
      const requests = framed(stream, codec);
      for await (const request of requests) await requests.send(answer(request));
    },
    async askAll(stream) {
      const wanted = fc.sample(messages, { numRuns: 150, seed: 150 });
      const answers = framed(stream, codec);
      const sent = (async () => {
        for (const message of wanted) await answers.send(message);
        await answers.end();
      })();
      let count = 0;
      for await (const got of answers) {
        const isRight = sameBytes(codec, got, answer(wanted[count] as Message));
        expect(isRight, `the answer to message ${String(count)}`).toBe(true);
        count++;
      }
      await sent;
      expect(count).toBe(wanted.length);
    },
  };
}

/** On the wire: a matcher takes a second for a megabyte. */
function sameBytes<Message>(codec: Codec<Message>, left: Message, right: Message): boolean {
  return Buffer.from(encodeAll(codec, [left])).equals(encodeAll(codec, [right]));
}

function ofBytes(name: string, codec: Codec<Uint8Array>, maxBytes = 60_000): Format {
  return format(name, codec, bytes(maxBytes), (message) => message.toReversed());
}

function ofText(name: string, codec: Codec<string>): Format {
  const unit = fc.constantFrom('a', 'Z', ' ', '\t', '\0', 'é', '日', '🙂');
  const messages = fc.string({ unit, maxLength: 9000, size: 'max' });
  // Python's characters are code points, too.
  return format(name, codec, messages, (message) => Array.from(message).reverse().join(''));
}

function ofRecords(name: string): Format {
  const codec = structHeader(struct('<BHI'), { length: 2 });
  return format(name, codec, bytes(100_000).map(recordOf), ({ body }) => recordOf(body.toReversed()));
}

function recordOf(body: Uint8Array): { header: [number, number, number]; body: Uint8Array } {
  return { header: [1, 2, body.length], body };
}

/** Mostly short, and some of the longest. No mark is in them. */
function bytes(longest: number): fc.Arbitrary<Uint8Array> {
  const size = fc.oneof(fc.nat(5), fc.nat(255), fc.constant(longest));
  return fc
    .tuple(size, fc.nat(255))
    .map(([length, first]) => Uint8Array.from({ length }, (_, at) => (first + at * 7) % 256));
}

const formats = [
  ofBytes('byte', lengthPrefix({ bytes: 1 }), 255),
  ofBytes('u16-little', lengthPrefix({ bytes: 2, endian: 'little' })),
  ofBytes('u32', lengthPrefix(), 100_000),
  ofBytes('native-int', lengthPrefix({ endian: 'little' }), 100_000),
  ofBytes('u64', lengthPrefix({ bytes: 8 }), 100_000),
  ofBytes('varint', lengthPrefix({ bytes: 'varint' }), 100_000),
  ofBytes('netstring', netstring(), 100_000),
  ofBytes('mark', delimiter('--end--')),
  ofText('lines', lines()),
  ofText('crlf', lines({ ending: 'crlf' })),
  ofRecords('record'),
];

describe.each(formats)("Python's asyncio and $name", ({ name, answerAll, askAll }) => {
  test('its client is answered', async () => {
    const server = await serve('127.0.0.1:0', answerAll);
    onTestFinished(() => server.close());
    const [host = '', port = ''] = formatAddress(server.address).replace('tcp://', '').split(':');
    expect(await output('python3', ['-I', peer, name, host, port], { timeoutMs: 60_000 })).toBe('ok\n');
  });

  test('its server answers', async () => {
    const server = new Program('python3', ['-I', peer, name], { timeoutMs: 60_000 });
    onTestFinished(async () => {
      await server.stop();
    });
    const [, address = ''] = await server.says(/^listening on (\S+)$/m);
    const stream = await connect(address);
    onTestFinished(() => {
      stream.abort();
    });
    await askAll(stream);
    expect(await server.ended()).toMatchObject({ code: 0, stderr: '' });
  });
});
