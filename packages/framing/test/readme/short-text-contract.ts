import { codecContract } from '@wirestack/framing/testing';
import { test } from 'vitest';
import { shortText } from './short-text.ts';

const contract = codecContract({
  name: 'shortText',
  codec: shortText,
  frames: ['Hi', ''],
  bytes: Uint8Array.of(2, 0x48, 0x69, 0),
  malformed: [{ bytes: Uint8Array.of(101), code: 'TOO_LARGE' }],
});
for (const { name, run } of contract) test(name, run);
