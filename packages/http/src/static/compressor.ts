import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { CompressOptions } from './options.ts';
import { Turns } from './turns.ts';

const toBrotli = promisify(brotliCompress);
const toGzip = promisify(gzip);

/** Two of the four threads that Node has for this and for files: the others go on reading. */
const maxAtOnce = 2;

/** Compresses, few at a time. */
export class Compressor {
  readonly #options: Required<CompressOptions> | undefined;
  readonly #turns = new Turns(maxAtOnce);

  constructor(options: Required<CompressOptions> | undefined) {
    this.#options = options;
  }

  /** @param coding `br` or `gzip` */
  compress(coding: string, bytes: Uint8Array): Promise<Uint8Array> {
    const { gzipLevel = constants.Z_DEFAULT_COMPRESSION, brotliQuality = constants.BROTLI_DEFAULT_QUALITY } =
      this.#options ?? {};
    if (coding === 'gzip') return this.#turns.take(() => toGzip(bytes, { level: gzipLevel }));
    const params = {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    };
    return this.#turns.take(() => toBrotli(bytes, { params }));
  }
}
