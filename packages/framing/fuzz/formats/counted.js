// @ts-check
/** Frames whose length is known before they come. */
import { most } from './frames.js';

/** @typedef {import('../formats.js').Api} Api */
/** @typedef {import('../formats.js').Add} Add */
/** @typedef {import('../random.js').Random} Random */

/** @param {Api} api @param {Add} add */
export function addCounted({ fixedLength, headers, lengthPrefix, netstring, untilClose }, add) {
  const zeros = [0, 0, 0, 0];
  const words = [
    [0],
    [1],
    [5],
    [59],
    [60],
    [61],
    zeros,
    [0, 0, 0, 5],
    [5, 0, 0, 0],
    [0, 0, 0, 61],
    [0x80, 0x80],
    [0xbc, 0],
  ];
  add('fixedLength', () => fixedLength(7), {
    frame: (random) => random.bytes(7),
    words: ['seven b'],
    limit: 6,
  });
  add('untilClose', () => untilClose({ maxBytes: most }), {
    frame: (random) => random.bytes(1 + random.size(most - 1)),
    words: ['word'],
    limit: most,
  });
  /** @type {[string, object, number][]} */
  const variants = [
    ['u8', { bytes: 1 }, 1],
    ['u16', { bytes: 2, endian: 'little' }, 2],
    ['u24', { bytes: 3 }, 3],
    ['u32', {}, 4],
    ['u64', { bytes: 8 }, 8],
    ['varint', { bytes: 'varint' }, 10],
    ['whole', { bytes: 2, adjustment: -2 }, 2],
    ['flag after', { bytes: 4, adjustment: 1, maxBytes: most + 1 }, 5],
  ];
  for (const [name, options, header] of variants) {
    const frame = (/** @type {Random} */ random) =>
      random.bytes(name === 'flag after' ? 1 + random.size(most) : random.size(most));
    const recipe = { frame, words, limit: most + header };
    add(`lengthPrefix ${name}`, () => lengthPrefix({ maxBytes: most, ...options }), recipe);
    add(
      `lengthPrefix ${name}, skips`,
      (onSkip) => lengthPrefix({ maxBytes: most, onOversize: 'skip', onSkip, ...options }),
      recipe,
    );
  }
  add('lengthPrefix inside', () => lengthPrefix({ bytes: 2, offset: 2, strip: 0, maxBytes: most }), {
    frame: (random) => random.bytes(4 + random.size(most)),
    words,
    limit: most + 4,
  });
  add('headers', () => headers({ maxBytes: most, maxHeaderBytes: 100 }), {
    frame: (random) => random.bytes(random.size(most)),
    words: [
      'Content-Length',
      'content-length:',
      ': ',
      ':',
      '\r\n',
      '\r\n\r\n',
      '\n',
      ' ',
      '\t',
      '0',
      '5',
      '60',
      '61',
      'x: y\r\n',
      'Content-Length: 2\r\n\r\n{}',
    ],
    limit: Math.max(most, 100),
  });
  const text = ['0:,', '5:', '5:hello,', ',', ':', '0', '00', '60:', '61:', '9', ' '];
  add('netstring', () => netstring({ maxBytes: most }), {
    frame: (random) => random.bytes(random.size(most)),
    words: text,
    limit: most + 5,
  });
  add('netstring, skips', (onSkip) => netstring({ maxBytes: most, onOversize: 'skip', onSkip }), {
    frame: (random) => random.bytes(random.size(most)),
    words: text,
    limit: most + 5,
  });
}
