import { expect, test } from 'vitest';
import { crc32c } from '../../src/proxy-protocol/crc32c.ts';
import { ascii } from './vectors.ts';

/** RFC 3720, appendix B.4, whose bytes are in little-endian order, and the usual check value. */
test.each([
  ['nothing', new Uint8Array(), 0],
  ['123456789', ascii('123456789'), 0xe306_9283],
  ['32 zeros', new Uint8Array(32), 0x8a91_36aa],
  ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8_ab43],
  ['0 to 31', Uint8Array.from({ length: 32 }, (_, at) => at), 0x46dd_794e],
  ['31 to 0', Uint8Array.from({ length: 32 }, (_, at) => 31 - at), 0x113f_db5c],
])('CRC-32C of %s', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});
