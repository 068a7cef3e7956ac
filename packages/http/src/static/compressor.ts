import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { CompressOptions } from './options.ts';

const toBrotli = promisify(brotliCompress);
const toGzip = promisify(gzip);

/** Two of the four threads that Node has for this and for files: the others go on reading. */
const maxAtOnce = 2;

/** Compresses, few at a time and the others in turn. */
export class Compressor {
  readonly #options: Required<CompressOptions> | undefined;
  #active = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: Required<CompressOptions> | undefined) {
    this.#options = options;
  }

  /** @param coding `br` or `gzip` */
  async compress(coding: string, bytes: Uint8Array): Promise<Uint8Array> {
    if (this.#active === maxAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#active++;
    try {
      if (coding === 'gzip') return await toGzip(bytes, { level: this.#options?.gzipLevel });
      return await toBrotli(bytes, {
        params: {
          [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
          [constants.BROTLI_PARAM_QUALITY]: this.#options?.brotliQuality ?? constants.BROTLI_DEFAULT_QUALITY,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
      });
    } finally {
      const next = this.#waiting.shift();
      // Its place goes on to the next.
      if (next === undefined) this.#active--;
      else next();
    }
  }
}
