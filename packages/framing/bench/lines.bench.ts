import { bench, describe } from 'vitest';
import { encodeAll, lines, type LinesOptions } from '../src/codecs/index.ts';

const totalBytes = 16 * 1024 * 1024;
const chunkBytes = 65_536;

/** What one would write by hand: a streaming decoder, and `split` on the text of each chunk. No limit, no errors. */
class HandWritten {
  #rest = '';
  readonly #decoder = new TextDecoder();
  readonly #onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Uint8Array): void {
    const parts = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = parts.pop() ?? '';
    for (const line of parts) this.#onLine(line);
  }
}

for (const [name, lineBytes, beginning] of [
  ['20 B', 20, ''],
  ['100 B', 100, ''],
  ['100 B, not all ASCII', 100, 'zwölf €'],
  ['10 KB', 10_000, ''],
] as const) {
  const line = beginning + 'a'.repeat(lineBytes - new TextEncoder().encode(beginning).length - 1);
  const count = Math.floor(totalBytes / lineBytes);
  const wire = encodeAll(
    lines(),
    Array.from({ length: count }, () => line),
  );
  const chunks = Array.from({ length: Math.ceil(wire.length / chunkBytes) }, (_, index) =>
    Buffer.from(wire.slice(index * chunkBytes, (index + 1) * chunkBytes).buffer),
  );
  const expectWhole = (seen: number): void => {
    if (seen !== count * line.length) throw new Error(`${String(seen)} characters of lines`);
  };
  const decode = (options: LinesOptions): void => {
    const decoder = lines(options).decoder();
    let seen = 0;
    for (const chunk of chunks) {
      decoder.push(chunk);
      for (let next; (next = decoder.next()) !== undefined;) seen += next.length;
    }
    expectWhole(seen);
  };

  describe(`16 MB of lines of ${name}, in 64 KB chunks`, () => {
    bench('lines()', () => {
      decode({});
    });

    bench("lines({ ending: 'any' })", () => {
      decode({ ending: 'any' });
    });

    bench('written by hand', () => {
      let seen = 0;
      const decoder = new HandWritten((next) => {
        seen += next.length;
      });
      for (const chunk of chunks) decoder.push(chunk);
      expectWhole(seen);
    });

    bench('encode', () => {
      encodeAll(
        lines(),
        (function* () {
          for (let index = 0; index < count; index++) yield line;
        })(),
      );
    });
  });
}
