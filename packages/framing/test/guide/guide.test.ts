import { readdirSync, readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { checksum, encodeAll, lengthPrefix } from '../../src/codecs/index.ts';
import './reading-contract.ts';
import { readings } from './reading.ts';

/** The code of docs/write-a-codec.md are the other files of this folder, word for word. */
test('every example of the guide is a file here, and the other way round', () => {
  const guide = readFileSync(new URL('../../../../docs/write-a-codec.md', import.meta.url), 'utf8');
  const inGuide = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => code);
  const files = readdirSync(new URL('.', import.meta.url)).filter((name) => !name.includes('.test.'));
  const here = files.map((name) => readFileSync(new URL(name, import.meta.url), 'utf8'));
  expect(inGuide.toSorted()).toEqual(here.toSorted());
});

test('what the guide makes of other codecs reads the same frames', () => {
  const decoder = checksum(lengthPrefix({ bytes: 2, offset: 2, adjustment: 4, strip: 0 }), {
    algorithm: 'crc32c',
  }).decoder();
  decoder.push(encodeAll(readings(), [{ sensor: 7, values: Uint8Array.of(1, 2, 3) }]));
  expect(decoder.next()).toEqual(Uint8Array.of(0x5a, 7, 0, 3, 1, 2, 3));
});

test('the program prints what the sensor sent', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import('./program.ts');
  expect(log.mock.calls).toEqual([[7, '1 2 3']]);
  log.mockRestore();
});
