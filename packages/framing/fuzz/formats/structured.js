// @ts-check
/** Frames that have an inside: fields, headers, values in values. */
import { bytesOf, most, textOf } from './frames.js';

/** @typedef {import('../formats.js').Api} Api */
/** @typedef {import('../formats.js').Add} Add */
/** @typedef {import('../random.js').Random} Random */

/** @param {Api} api @param {Add} add */
export function addStructured(api, add) {
  const { checksum, lengthPrefix, resp, stomp, struct, structHeader } = api;
  for (const options of /** @type {object[]} */ ([
    {},
    { algorithm: 'crc32c', at: 'start' },
    { algorithm: 'adler32', endian: 'little', onMismatch: 'skip' },
  ])) {
    add(
      `checksum ${JSON.stringify(options)}`,
      (onSkip) => checksum(lengthPrefix({ maxBytes: most }), { onSkip, ...options }),
      {
        frame: (random) => random.bytes(random.size(most - 4)),
        words: [
          [0, 0, 0, 4],
          [0, 0, 0, 0],
          [0, 0, 0, 5],
        ],
        limit: most + 4,
      },
    );
  }
  add('structHeader', () => structHeader(struct('<BHq'), { length: 2, maxBytes: most }), {
    frame: (random) => {
      const body = random.bytes(random.size(most));
      return { header: [random.below(256), random.below(65_536), BigInt(body.length)], body };
    },
    words: [[0], [5, 0, 0, 0, 0, 0, 0, 0], [0xff, 0xff]],
    limit: most + 11,
  });
  addResp(api, resp, add);
  for (const version of ['1.0', '1.1', '1.2']) {
    add(
      `stomp ${version}`,
      () =>
        stomp({ version, maxBytes: 100, maxHeaderBytes: 200, maxHeaders: 6, contentLength: 'when-needed' }),
      {
        frame: (random) => {
          const hasBody = random.oneIn(2);
          return {
            command: random.pick(
              hasBody ? ['SEND', 'MESSAGE', 'ERROR'] : ['CONNECT', 'CONNECTED', 'ACK', 'SEND'],
            ),
            headers: Array.from({ length: random.below(4) }, (_, at) => [
              `name${String(at)}`,
              textOf(random, random.size(9), 'x é日'),
            ]),
            body: bytesOf(random, hasBody ? random.size(60) : 0, 'body\u00ff\0'),
          };
        },
        words: [
          'SEND\n',
          'ACK\r\n',
          '\n',
          '\r\n',
          '\0',
          ':',
          'a:b\n',
          'content-length:5\n',
          'content-length:0',
          '\\n',
          '\\c',
          '\\\\',
          '\\r',
          '\\t',
          '\\',
          'SEND\n\nx\0',
          '\r',
        ],
        // From 1.1 on those have none; a decoder takes what comes.
        sendable: (frames) =>
          frames.filter(
            ({ command, body }) =>
              version === '1.0' || body.length === 0 || /^(SEND|MESSAGE|ERROR)$/.test(command),
          ),
        limit: 200 + 100 + 2,
      },
    );
  }
}

/** @param {Api} api @param {Api['resp']} resp @param {Add} add */
function addResp(api, resp, add) {
  const words = [
    '\r\n',
    '+OK\r\n',
    '-ERR x\r\n',
    ':1\r\n',
    ':-5\r\n',
    '$-1\r\n',
    '*-1\r\n',
    '$5\r\nhello\r\n',
    '$0\r\n\r\n',
    '*2\r\n',
    '*0\r\n',
    '$5\r\n',
    '\r',
    '\n',
    '*',
    '$',
    '+',
    '-',
    ':',
    ':9007199254740993\r\n',
    ':007\r\n',
  ];
  const words3 = [
    '_\r\n',
    '#t\r\n',
    '#f\r\n',
    ',1.5\r\n',
    ',inf\r\n',
    ',nan\r\n',
    ',-0\r\n',
    '(123456789012345678901234567890\r\n',
    '!5\r\nERR x\r\n',
    '=7\r\ntxt:abc\r\n',
    '%1\r\n',
    '~2\r\n',
    '>2\r\n',
    '|1\r\n',
    '*?\r\n',
    '.\r\n',
    '$?\r\n',
    ';3\r\nabc\r\n',
    ';0\r\n',
    '%?\r\n',
    '~?\r\n',
    '%',
    '~',
    '>',
    '|',
  ];
  for (const version of [2, 3]) {
    add(`resp ${String(version)}`, () => resp({ version, maxBytes: 1000, maxDepth: 4, maxElements: 40 }), {
      frame: (random) => respValue(api, random, version, 2),
      words: version === 2 ? words : [...words, ...words3],
      limit: 1000,
    });
  }
}

/** @param {Api} api @param {Random} random @param {number} version @param {number} depth @returns {unknown} */
function respValue(api, random, version, depth) {
  const list = () =>
    Array.from({ length: random.below(4) }, () => respValue(api, random, version, depth - 1));
  const pairs = () => list().flatMap((value) => [textOf(random, 3, 'key'), value]);
  /** @type {(() => unknown)[]} */
  const kinds = [
    () => textOf(random, random.below(9), 'x é'),
    () => random.bytes(random.below(20)),
    () => random.below(1000) - 500,
    () => 2n ** 60n + BigInt(random.below(9)),
    () => null,
    () => new api.RespError(`ERR ${textOf(random, 4, 'xyz')}`),
    () => new api.RespNull('array'),
  ];
  if (depth > 0) kinds.push(list, list);
  if (version === 3) {
    kinds.push(
      () => random.oneIn(2),
      () => new api.RespDouble(random.pick([0, -0, 1.5, 1e300, Infinity, -Infinity, NaN])),
      () => new api.RespBigNumber(-(10n ** 30n)),
      () => new api.RespVerbatim('txt', textOf(random, 5, 'x é')),
      () => new api.RespError(random.bytes(6), { blob: true }),
    );
    if (depth > 0)
      kinds.push(
        () => new api.RespMap(pairs()),
        () => new api.RespSet(list()),
      );
  }
  return random.pick(kinds)();
}
