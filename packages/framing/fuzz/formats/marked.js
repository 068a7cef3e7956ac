// @ts-check
/** Frames that end with a mark, in which it is escaped or cannot be. */
import { bytesOf, most, textOf, utf8 } from './frames.js';

/** @typedef {import('../formats.js').Api} Api */
/** @typedef {import('../formats.js').Add} Add */
/** @typedef {import('../random.js').Random} Random */

/** @param {Api} api @param {Add} add */
export function addMarked({ delimiter, lines }, add) {
  /** @type {[string, string | string[], string[]][]} */
  const marks = [
    ['comma', ',', [',', ',,', 'x,', ' ']],
    ['empty line', '\r\n\r\n', ['\r\n\r\n', '\r\n', '\r', '\n', '\r\n\r', '\r\r\n\r\n', 'x']],
    ['aab', 'aabaa', ['aabaa', 'aabaab', 'aab', 'aa', 'a', 'b', 'x']],
    ['several', ['ab', 'abc', 'c', 'bcd', '\0'], ['ab', 'abc', 'c', 'bcd', '\0', 'b', 'd', 'a', 'x']],
  ];
  for (const [name, mark, words] of marks) {
    const first = Array.isArray(mark) ? mark[0] : mark;
    const frame = (/** @type {Random} */ random) => bytesOf(random, random.size(most), 'xyz-\u00ff');
    for (const options of /** @type {object[]} */ ([{}, { unterminated: 'frame' }, { onOversize: 'skip' }])) {
      // At the end of input a frame may end as the mark begins, and then cannot be told from a longer one once the mark is there.
      const recipe = { frame, words, limit: most + first.length + 4, refuses: 'unterminated' in options };
      add(
        `delimiter ${name} ${JSON.stringify(options)}`,
        (onSkip) => delimiter(mark, { maxBytes: most, onSkip, ...options }),
        recipe,
      );
    }
    add(`delimiter ${name}, kept`, () => delimiter(mark, { maxBytes: most, keepDelimiter: true }), {
      frame: (random) => Uint8Array.from([...frame(random), ...utf8(first)]),
      words,
      limit: most + first.length + 4,
    });
  }
  const words = [
    '\r',
    '\n',
    '\r\n',
    '\n\r',
    '\r\r\n',
    'é',
    '日本',
    '🙂',
    [0xc3],
    [0xed, 0xa0, 0x80],
    [0xff],
    [0xf0, 0x9f],
    [0xef, 0xbb, 0xbf],
    'x',
    '\0',
  ];
  for (const ending of ['lf-or-crlf', 'lf', 'crlf', 'strict-crlf', 'any']) {
    for (const options of /** @type {object[]} */ ([
      {},
      { fatal: false },
      { encoding: 'latin1', unterminated: 'error' },
      { onOversize: 'skip' },
      { onOversize: 'skip', unterminated: 'error' },
    ])) {
      const isLatin1 = 'encoding' in options;
      add(
        `lines ${ending} ${JSON.stringify(options)}`,
        (onSkip) => lines({ ending, maxBytes: most, onSkip, ...options }),
        {
          frame: (random) =>
            textOf(
              random,
              isLatin1 ? random.size(most) : random.size(most >> 2),
              isLatin1 ? 'x é\u00ff\0' : 'x é日🙂\0',
            ),
          words,
          // One that ends with the CR that may begin the mark, or that is longer as U+FFFD, cannot be sent as it came.
          sendable: (frames) => frames.filter((line) => !/[\r\n\ufffd]/.test(line)),
          limit: most + 2,
        },
      );
    }
  }
}

/** @param {Api} api @param {Add} add */
export function addStuffed({ cobs, slip }, add) {
  const slipWords = [[0xc0], [0xdb], [0xdb, 0xdc], [0xdb, 0xdd], [0xdc], [0xdd], [0xc0, 0xc0], 'x'];
  for (const options of /** @type {object[]} */ ([
    {},
    { leadingEnd: false },
    { badEscape: 'keep' },
    { onOversize: 'skip' },
  ])) {
    add(`slip ${JSON.stringify(options)}`, (onSkip) => slip({ maxBytes: most, onSkip, ...options }), {
      frame: (random) => bytesOf(random, 1 + random.size(most - 1), 'x\u00c0\u00db\u00dc\u00dd'),
      words: slipWords,
      limit: 2 * most + 2,
    });
  }
  for (const options of /** @type {object[]} */ ([{}, { onOversize: 'skip' }])) {
    add(`cobs ${JSON.stringify(options)}`, (onSkip) => cobs({ maxBytes: 260, onSkip, ...options }), {
      frame: (random) =>
        bytesOf(
          random,
          random.oneIn(8) ? 250 + random.below(10) : random.size(most),
          random.pick(['xyz', 'x\0', '\0']),
        ),
      words: [[0], [1], [2], [3, 1, 1], [0xfe], [0xff], new Array(254).fill(7), [1, 0], 'x'],
      limit: 260 + 8,
    });
  }
}
