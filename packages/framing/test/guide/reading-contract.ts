import { encodeAll } from '@wirestack/framing/codecs';
import { codecContract } from '@wirestack/framing/testing';
import { test } from 'vitest';
import { readings } from './reading.ts';

const bytes = Uint8Array.of(0x5a, 7, 0, 3, 1, 2, 3, 0xb6, 0xc6, 0x17, 0x82);
const damaged = bytes.slice();
damaged[5] = 9;

const contract = codecContract({
  name: 'readings',
  codec: readings(16),
  frames: [{ sensor: 7, values: Uint8Array.of(1, 2, 3) }],
  bytes,
  malformed: [
    { bytes: damaged, code: 'MALFORMED' },
    { bytes: Uint8Array.of(0x5b, 7, 0, 3), code: 'MALFORMED' },
    { bytes: Uint8Array.of(0x5a, 7, 0xff, 0xff), code: 'TOO_LARGE' },
  ],
  limit: {
    bytes: encodeAll(readings(16), [{ sensor: 0, values: new Uint8Array(16) }]),
    tooLarge: encodeAll(readings(17), [{ sensor: 0, values: new Uint8Array(17) }]),
    maxBufferedBytes: 4 + 16 + 4,
  },
});
for (const { name, run } of contract) test(name, run);
