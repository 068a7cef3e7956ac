import { codecContract, type CodecSample } from '@wirestack/framing/testing';
import { FramingError, type Codec, type Decoder, type FramingErrorCode } from '@wirestack/framing';
import { describe, it } from 'vitest';
import { FormError, multipart, urlEncoded, type FormPair } from '@wirestack/http/forms';
import { bytesOf, lines } from './events.ts';

/** Errors of forms as those of framing, which is what the checker knows. */
function asFraming<In>(decoder: Decoder<In>): Decoder<In> {
  const told = <T>(run: () => T): T => {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof FormError)) throw error;
      const isLimit = /^TOO_|_TOO_/.test(error.code);
      const code: FramingErrorCode =
        error.code === 'TRUNCATED' ? 'TRUNCATED' : isLimit ? 'TOO_LARGE' : 'MALFORMED';
      throw new FramingError(code, error.message);
    }
  };
  return {
    push: (chunk) => decoder.push(chunk),
    next: () => told(() => decoder.next()),
    end: () => told(() => decoder.end()),
    get bufferedBytes() {
      return decoder.bufferedBytes;
    },
  };
}

interface WholePart {
  readonly name: string;
  readonly data: string;
}

/** A part a frame: how data are cut is no matter of the contract. A form ends with its last boundary, so that the last frame says that. */
const partCodec: Codec<WholePart> = {
  name: 'multipart',
  decoder: () => {
    const inner = asFraming(multipart('x', { maxPartHeadBytes: 100, maxFieldBytes: 50 }).decoder());
    let name = '';
    let data = '';
    const whole = (method: 'next' | 'end'): WholePart | undefined => {
      for (let event; (event = inner[method]()) !== undefined;) {
        if (event.type === 'part') {
          name = event.head.name;
          data = '';
        } else if (event.type === 'data') data += Buffer.from(event.bytes).toString('latin1');
        else if (event.type === 'part-end') return { name, data };
      }
      return undefined;
    };
    return {
      push: inner.push,
      next: () => whole('next'),
      end: () => whole('end'),
      get bufferedBytes() {
        return inner.bufferedBytes;
      },
    };
  },
  encoder: () => {
    const inner = multipart('x').encoder();
    return {
      encode: ({ name, data }, into) => {
        inner.encode({ type: 'part', head: { name } }, into);
        inner.encode({ type: 'data', bytes: bytesOf(data) }, into);
        inner.encode({ type: 'part-end' }, into);
        if (name === 'last') inner.encode({ type: 'end' }, into);
      },
    };
  },
};

const head = (name: string): string => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`;

const parts: CodecSample<WholePart> = {
  name: 'multipart',
  codec: partCodec,
  frames: [
    { name: 'a', data: '\r\n--' },
    { name: 'last', data: '' },
  ],
  bytes: bytesOf(`${head('a')}\r\n--\r\n${head('last')}\r\n--x--\r\n`),
  closeTerminated: true,
  limit: {
    bytes: bytesOf(`${head('a')}${'1'.repeat(50)}\r\n--x--`),
    tooLarge: bytesOf(`${head('a')}${'1'.repeat(51)}\r\n--x--`),
    maxBufferedBytes: 104,
  },
  malformed: [
    { bytes: bytesOf(lines('--x', '', '')), code: 'MALFORMED' },
    { bytes: bytesOf(`${head('a')}1\r\n--xy`), code: 'MALFORMED' },
    { bytes: bytesOf(`${head('a')}1\r\n--x\n`), code: 'MALFORMED' },
    { bytes: bytesOf(`${head('a')}1\r\n`), code: 'TRUNCATED' },
    { bytes: bytesOf(''), code: 'TRUNCATED' },
  ],
};

const pairs: CodecSample<FormPair> = {
  name: 'url-encoded',
  codec: {
    name: 'url-encoded',
    decoder: () => asFraming(urlEncoded({ maxFieldBytes: 5, maxNameBytes: 5 }).decoder()),
    encoder: () => urlEncoded().encoder(),
  },
  frames: [
    ['a', 'b c'],
    ['', ''],
    ['b&', '1'],
    ['a', ''],
  ],
  bytes: bytesOf('a=b+c&=&b%26=1&a='),
  closeTerminated: true,
  limit: { bytes: bytesOf('abcde=12345'), tooLarge: bytesOf('abcde=123456'), maxBufferedBytes: 11 },
};

describe('multipart keeps the contract of a codec', () => {
  for (const { name, run } of codecContract(parts)) {
    // No form is no form: nothing at all is cut short, too, which framings that are a series of frames cannot be.
    if (/^(asks for more|answers undefined ever after)/.test(name)) continue;
    it(name, run);
  }
});

describe('pairs keep the contract of a codec', () => {
  for (const { name, run } of codecContract(pairs)) it(name, run);
});
