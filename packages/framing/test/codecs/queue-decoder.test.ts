import { expect, test } from 'vitest';
import { QueueDecoder } from '../../src/codecs/index.ts';
import { finish, hex } from '../bytes.ts';

/** A byte a frame: 0 is the frame `null`, 255 can never be valid. */
class Bytes extends QueueDecoder<number | null> {
  protected parse(): number | null | undefined {
    if (this.queue.length === 0) return undefined;
    const value = this.queue.take(1)[0] ?? 0;
    if (value === 255) this.fail('MALFORMED', '255 is no frame');
    return value === 0 ? null : value;
  }
}

test('a frame that is null is a frame at the end too', () => {
  const decoder = new Bytes();
  decoder.push(hex('01 00 00 02'));
  expect(finish(decoder)).toEqual([1, null, null, 2]);
});

test('a failed decoder throws the same error ever after, and holds nothing', () => {
  const decoder = new Bytes();
  decoder.push(hex('ff 01'));
  expect(() => decoder.next()).toThrow('255');
  decoder.push(hex('01'));
  expect(decoder.bufferedBytes).toBe(0);
  expect(() => decoder.next()).toThrow('255');
  expect(() => decoder.end()).toThrow('255');
});
