import { describe, expect, it, test } from 'vitest';
import { FramingError, FramingUsageError, headers } from '../../src/codecs/index.ts';
import { decodeAll, drain, keepsContract, text, utf8 } from '../bytes.ts';

const message = (body: string): string => `Content-Length: ${String(body.length)}\r\n\r\n${body}`;
const refused = (head: string): { bytes: Uint8Array; code: 'MALFORMED' } => ({
  bytes: utf8(head),
  code: 'MALFORMED',
});

keepsContract({
  name: 'headers',
  codec: headers({ maxBytes: 8, maxHeaderBytes: 64 }),
  frames: ['{}', '', '[1,2]'].map(utf8),
  bytes: utf8(message('{}') + message('') + message('[1,2]')),
  malformed: [
    ...['-5', 'abc', '5abc', '0x36', '+5', '5 5', '', '1e1', '5,5', '９', '1234567890123456'].map((value) =>
      refused(`Content-Length: ${value}\r\n\r\n`),
    ),
    refused('Content-Length: 2\r\nContent-Length: 2\r\n\r\n'),
    refused('Content-Type: x\r\n\r\n'),
    refused('\r\n\r\n'),
    refused('no colon\r\nContent-Length: 2\r\n\r\n'),
    refused(': 1\r\nContent-Length: 2\r\n\r\n'),
    { bytes: utf8('Content-Length: 9\r\n\r\n'), code: 'TOO_LARGE' },
    { bytes: utf8('Content-Length: 2147483648\r\n\r\n'), code: 'TOO_LARGE' },
    { bytes: utf8(`X: ${'x'.repeat(64)}`), code: 'TOO_LARGE' },
    { bytes: utf8('Content-Length: 2\r\n\r\n{'), code: 'TRUNCATED' },
    { bytes: utf8('Content-Length: 2\r\n'), code: 'TRUNCATED' },
  ],
  limit: { bytes: utf8(message('12345678')), tooLarge: utf8(message('123456789')), maxBufferedBytes: 64 },
});

describe('headers', () => {
  it.each([
    'Content-Length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n{}',
    'content-type: x\r\ncONTENT-lENGTH:\t 2 \r\n\r\n{}',
    'Content-Length:2\r\n\r\n{}',
  ])('reads %j', (input) => {
    expect(decodeAll(headers(), [utf8(input)]).map(text)).toEqual(['{}']);
  });

  test('the header may be as long as its limit, and not a byte longer', () => {
    const input = utf8(`X: ${'x'.repeat(10)}\r\n${message('{}')}`);
    const headerBytes = input.length - 2;
    expect(decodeAll(headers({ maxHeaderBytes: headerBytes }), [input]).map(text)).toEqual(['{}']);
    expect(() => decodeAll(headers({ maxHeaderBytes: headerBytes - 1 }), [input])).toThrow(FramingError);
  });

  test('limits are whole numbers', () => {
    for (const limit of [-1, 1.5, Number.NaN]) {
      expect(() => headers({ maxBytes: limit })).toThrow(FramingUsageError);
      expect(() => headers({ maxHeaderBytes: limit })).toThrow(FramingUsageError);
    }
  });
});

describe("onOversize: 'skip'", () => {
  test('drops the longer bodies, tells of each once its header is read, and goes on, at every split', () => {
    const wire = utf8(
      [message('{}'), message('123456'), message(''), message('12345'), message('[]')].join(''),
    );
    for (let at = 0; at <= wire.length; at++) {
      const skipped: number[] = [];
      const codec = headers({ maxBytes: 4, onOversize: 'skip', onSkip: (bytes) => skipped.push(bytes) });
      expect(decodeAll(codec, [wire.slice(0, at), wire.slice(at)]).map(text)).toEqual(['{}', '', '[]']);
      expect(skipped).toEqual([6, 5]);
    }
  });

  test('holds nothing of a body that it skips', () => {
    const skipped: number[] = [];
    const decoder = headers({
      maxBytes: 4,
      onOversize: 'skip',
      onSkip: (bytes) => skipped.push(bytes),
    }).decoder();
    decoder.push(utf8('Content-Length: 6553600\r\n\r\n'));
    expect(decoder.next()).toBeUndefined();
    expect(skipped).toEqual([6_553_600]);
    for (let count = 0; count < 100; count++) {
      decoder.push(new Uint8Array(65_536));
      expect(decoder.next()).toBeUndefined();
      expect(decoder.bufferedBytes).toBe(0);
    }
    decoder.push(utf8(message('next')));
    expect(drain(decoder).map(text)).toEqual(['next']);
  });

  test('an input that ends inside a skipped body is TRUNCATED; a header that is none stays MALFORMED', () => {
    const codec = headers({ maxBytes: 4, maxHeaderBytes: 64, onOversize: 'skip' });
    expect(() => decodeAll(codec, [utf8('Content-Length: 5\r\n\r\n1234')])).toThrow(
      expect.objectContaining({ code: 'TRUNCATED' }),
    );
    expect(() => decodeAll(codec, [utf8('Content-Length: x\r\n\r\n')])).toThrow(
      expect.objectContaining({ code: 'MALFORMED' }),
    );
    expect(() => decodeAll(codec, [utf8(`X: ${'x'.repeat(64)}`)])).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
  });
});
