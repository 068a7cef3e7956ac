/** What every export of `@wirestack/framing/codecs` makes of a sample, as text: runs in any runtime. */
import * as api from '@wirestack/framing/codecs';
import type { Codec } from '@wirestack/framing/codecs';

/** One or several results for each export that is a function. Classes are in the results of the codecs that use them. */
export const samples: Readonly<Record<string, () => unknown>> = {
  fixedLength: () => both(api.fixedLength(3), [bytes('abc'), bytes('\0\0\0')]),
  untilClose: () => both(api.untilClose(), [bytes('all of it')]),
  lengthPrefix: () => [
    both(api.lengthPrefix(), [bytes('hello'), bytes('')]),
    both(api.lengthPrefix({ bytes: 'varint' }), [new Uint8Array(300).fill(7)]),
    both(api.lengthPrefix({ bytes: 8, endian: 'little' }), [bytes('hello')]),
    failure(api.lengthPrefix(), [0x7f, 0xff, 0xff, 0xff]),
  ],
  lengthPrefixParts: () => both(api.lengthPrefixParts(), parts(2)),
  delimiter: () => [
    both(api.delimiter(','), [bytes('one'), bytes('')]),
    both(api.delimiter(['\r\n', '\n', '\0']), [bytes('one'), bytes('two')]),
    failure(api.delimiter(',', { maxBytes: 2 }), [1, 2, 3]),
  ],
  delimiterParts: () => both(api.delimiterParts('--'), parts(undefined)),
  lines: () => [
    both(api.lines(), ['größe', '', '日本語 🙂']),
    both(api.lines({ ending: 'strict-crlf', encoding: 'latin1' }), ['größe', 'ÿ']),
    decoded(api.lines({ fatal: false, ending: 'any' }), [0x61, 0xff, 0x0d, 0xed, 0xa0, 0x80, 0x0a]),
    failure(api.lines(), [0xc3, 0x28, 0x0a]),
  ],
  netstring: () => [
    both(api.netstring(), [bytes('hello world!'), bytes('')]),
    failure(api.netstring(), [...bytes('5:hello!')]),
  ],
  headers: () => both(api.headers(), [bytes('{}'), bytes('größe')]),
  slip: () => both(api.slip(), [Uint8Array.of(0xc0, 1, 0xdb), bytes('plain')]),
  cobs: () => both(api.cobs(), [Uint8Array.of(0, 1, 0), new Uint8Array(300).fill(9), bytes('')]),
  cobsEncode: () => shown(api.cobsEncode(Uint8Array.of(1, 0, 2))),
  cobsDecode: () => shown(api.cobsDecode(Uint8Array.of(2, 1, 2, 2))),
  checksum: () => [
    both(api.checksum(api.lengthPrefix()), [bytes('hello')]),
    both(api.checksum(api.lengthPrefix(), { algorithm: 'adler32', at: 'start', endian: 'little' }), [
      bytes('hello'),
    ]),
    failure(api.checksum(api.lengthPrefix()), [0, 0, 0, 5, 1, 2, 3, 4, 5]),
  ],
  crc32: () => api.crc32(bytes('123456789')).toString(16),
  crc32c: () => api.crc32c(bytes('123456789')).toString(16),
  adler32: () => api.adler32(bytes('123456789')).toString(16),
  struct: () => {
    const format = api.struct('<bHiqefd?2s3px');
    const packed = format.pack(
      -1,
      65_535,
      -(2 ** 31),
      -(2n ** 63n),
      0.5,
      1.25,
      Math.PI,
      true,
      bytes('ab'),
      bytes('cd'),
    );
    return [format.size, shown(packed), shown(format.unpack(packed))];
  },
  structHeader: () =>
    both(api.structHeader(api.struct('!BBI'), { length: 2 }), [
      { header: [1, 2, 5] as [number, number, number], body: bytes('hello') },
    ]),
  resp: () => [
    both(api.resp(), [
      'OK',
      bytes('hello'),
      -42,
      2n ** 60n,
      null,
      ['a', [bytes('b')]],
      new api.RespError('ERR no'),
    ]),
    both(api.resp({ version: 3 }), [
      true,
      new api.RespDouble(0.1),
      new api.RespMap(['k', 1]),
      new api.RespSet([1]),
      new api.RespBigNumber(10n ** 30n),
    ]),
    failure(api.resp(), [...bytes('$-2\r\n')]),
  ],
  respCommand: () => shown(api.respCommand('SET', 'größe', 1)),
  stomp: () => both(api.stomp(), [{ command: 'SEND', headers: [['a:b', 'x\ny']], body: bytes('größe\0') }]),
  stompHeader: () =>
    api.stompHeader(
      {
        headers: [
          ['a', '1'],
          ['a', '2'],
        ],
      },
      'a',
    ),
  chain: () => [
    both(api.chain(api.lengthPrefix(), api.utf8(), api.json({ text: true })), [
      { größe: [1, null, '日'] },
      'text',
    ]),
    failure(api.chain(api.lengthPrefix(), api.utf8()), [0, 0, 0, 1, 0xff]),
  ],
  utf8: () => shown(api.utf8().encode('größe')),
  json: () => shown(api.json({ text: true }).decode('{"__proto__":1}')),
  schema: () => shown(api.schema((value) => Number(value)).decode('5')),
  handover: () => {
    const next = (line: string): Codec<string> | undefined =>
      line === 'upgrade' ? api.lines({ ending: 'crlf' }) : undefined;
    return both(api.handover(api.lines(), { received: (line) => next(line), sent: (line) => next(line) }), [
      'hello',
      'upgrade',
      'on',
    ]);
  },
  tee: () => {
    const seen: string[] = [];
    const result = both(
      api.tee(api.lines(), { received: (line) => seen.push(line), sent: (line) => seen.push(line) }),
      ['a', 'b'],
    );
    return [result, seen.join()];
  },
  encodeAll: () => shown(api.encodeAll(api.lengthPrefix({ bytes: 1 }), [bytes('a'), bytes('bc')])),
  encoderStream: () => through([bytes('one'), bytes('two')], api.encoderStream(api.lengthPrefix())),
  decoderStream: () => through([bytes('one\nt'), bytes('wo\n')], api.decoderStream(api.lines())),
};

/** The results of all, by name. */
export async function results(): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [name, run] of Object.entries(samples)) found[name] = await run();
  return found;
}

/** The bytes of the frames, and the frames of the bytes, three at a time. */
function both<In, Out extends In>(codec: Codec<In, Out>, frames: readonly Out[]): string[] {
  const wire = api.encodeAll(codec, frames);
  return [codec.name, shown(wire), ...decoded(codec, [...wire])];
}

function decoded<In, Out>(codec: Codec<In, Out>, wire: readonly number[]): string[] {
  const decoder = codec.decoder();
  const found: string[] = [];
  for (let at = 0; at < wire.length; at += 3) {
    decoder.push(Uint8Array.from(wire.slice(at, at + 3)));
    for (let frame; (frame = decoder.next()) !== undefined;) found.push(shown(frame));
  }
  for (let frame; (frame = decoder.end()) !== undefined;) found.push(shown(frame));
  return found;
}

function failure<In, Out>(codec: Codec<In, Out>, wire: readonly number[]): string {
  try {
    return `no failure: ${decoded(codec, wire).join()}`;
  } catch (error) {
    return error instanceof api.FramingError ? error.code : String(error);
  }
}

async function through<In, Out>(
  chunks: readonly In[],
  { readable, writable }: { readable: ReadableStream<Out>; writable: WritableStream<In> },
): Promise<string[]> {
  const writer = writable.getWriter();
  const written = Promise.all([...chunks.map((chunk) => writer.write(chunk)), writer.close()]);
  const found: string[] = [];
  const reader = readable.getReader();
  for (let next; !(next = await reader.read()).done;) found.push(shown(next.value));
  await written;
  return found;
}

function parts(length: number | undefined): api.FramePart[] {
  return [{ type: 'begin', bytes: length }, { type: 'data', data: bytes('hi') }, { type: 'end' }];
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (member instanceof Uint8Array)
      return `<${Array.from(member, (byte) => byte.toString(16).padStart(2, '0')).join(' ')}>`;
    if (typeof member === 'bigint') return `${String(member)}n`;
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    const { name } = member.constructor;
    return name === 'Object' ? member : { [`class ${name}`]: { ...member } };
  });
}
