// @ts-check
/** Codecs made of codecs, and frames that come in parts. */
import { joined } from '../input.js';
import { bytesOf, most, textOf } from './frames.js';

/** @typedef {import('../formats.js').Api} Api */
/** @typedef {import('../formats.js').Add} Add */
/** @typedef {import('../random.js').Random} Random */
/** @typedef {import('../formats.js').AnyCodec} AnyCodec */

/** @param {Api} api @param {Add} add */
export function addComposed({ chain, delimiter, handover, json, lengthPrefix, lines, tee, utf8: text }, add) {
  const values = ['{"a":[1,null]}', '[]', '"x"', '1e5', '{"__proto__":1}', '[[[[[[]]]]]]'];
  add(
    'chain of JSON',
    () => chain(tee(lengthPrefix({ maxBytes: most }), {}), text(), json({ text: true, maxDepth: 4 })),
    {
      frame: (random) => random.pick([{ a: [1, 'é'] }, [[[]]], 'text', 0.5, null, true]),
      words: [[0, 0, 0, 2], ...values, '[', '"', [0xff]],
      limit: most + 4,
    },
  );
  add(
    'handover',
    () => {
      const first = lines({ maxBytes: 50 });
      const second = lengthPrefix({ bytes: 1, maxBytes: most });
      /** @param {unknown} frame */
      const next = (frame) => (frame === 'upgrade' ? second : undefined);
      return handover(first, { received: next, sent: next });
    },
    {
      frame: (random) => textOf(random, random.below(20), 'x é'),
      words: ['upgrade\n', 'upgrade\r\n', '\n', [5], [0], 'hello', 'up'],
      sendable: (frames) => frames.filter((frame) => typeof frame !== 'string' || !frame.includes('\r')),
      limit: most + 1,
    },
  );
  add('chain of a mark', () => chain(delimiter('\0', { maxBytes: most }), text({ fatal: false })), {
    frame: (random) => textOf(random, random.below(15), 'x é日🙂'),
    words: ['\0', 'é', [0xc3], [0xff], '🙂'],
    sendable: (frames) => frames.filter((frame) => !frame.includes('\ufffd')),
    limit: most + 1,
  });
}

/** @param {Api} api @param {Add} add */
export function addParts({ delimiterParts, lengthPrefixParts }, add) {
  /** @type {[string, AnyCodec, boolean, string | number[]][]} */
  const codecs = [
    ['lengthPrefixParts', lengthPrefixParts({ bytes: 2, maxBytes: 60_000 }), true, [0, 5]],
    ['lengthPrefixParts varint', lengthPrefixParts({ bytes: 'varint', adjustment: -1 }), true, [6]],
    ['delimiterParts', delimiterParts('aabaa', { maxBytes: most }), false, 'aabaa'],
    ['delimiterParts, the last without', delimiterParts('\r\n', { unterminated: 'frame' }), false, '\r\n'],
  ];
  for (const [name, codec, knowsLength, mark] of codecs) {
    add(name, () => codec, {
      parts: (random) => {
        const data = Array.from({ length: random.below(4) }, () =>
          bytesOf(random, random.size(most >> 2), 'xyz'),
        );
        const bytes = knowsLength ? data.reduce((sum, { length }) => sum + length, 0) : undefined;
        return [
          { type: 'begin', bytes },
          ...data.map((some) => ({ type: 'data', data: some })),
          { type: 'end' },
        ];
      },
      words: [mark, 'a', 'aab', '\r', '\n', 'b', 'x', [0], [0xff], [0x80, 0x80]],
      limit: 10,
      framesPerByte: 3,
      refuses: !knowsLength,
      // Of a frame that passes the limit, or that the input does not end, there is more or less, as the input is cut.
      comparable: (parts) => partsJoined(ofWholeFrames(parts)),
      sendable: ofWholeFrames,
    });
  }
}

/** @param {any[]} parts */
function ofWholeFrames(parts) {
  return parts.slice(0, 1 + parts.findLastIndex(({ type }) => type === 'end'));
}

/** How data is cut into parts depends on the input's pieces. @param {any[]} parts */
function partsJoined(parts) {
  /** @type {any[]} */
  const whole = [];
  for (const part of parts) {
    const last = whole.at(-1);
    if (part.type !== 'data') whole.push({ ...part });
    else if (last?.type === 'data') last.data = joined([last.data, part.data]);
    else whole.push({ type: 'data', data: part.data });
  }
  return whole;
}
